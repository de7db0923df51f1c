/** What a mass rests on beside the masks: the density, and the models by name and digest. */

import { element, find } from "../common/dom.js";

/** @param {HTMLElement} place @param {import("../reading/draft.js").Draft} draft */
export function showRecipe(place, draft) {
  if (!draft.isOpen) return;
  const { density_g_per_ml: density, model } = draft.reading;
  find("[data-density]", place).textContent = `Density ${density.toFixed(2)} g/mL`;
  const lines = Object.entries(model).map(([role, { name, sha256 }]) =>
    element(
      "div",
      { title: `sha256 ${sha256}` },
      element("span", {}, `${role} `),
      `${name} `,
      element("code", {}, sha256.slice(0, 8)),
    ),
  );
  find("[data-models]", place).replaceChildren(...lines);
}
