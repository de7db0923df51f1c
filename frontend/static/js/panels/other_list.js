/** What can be shown beside the image, as a list of buttons under headings. */

import { element } from "../common/dom.js";
import { counted } from "../common/format.js";
import { priorTitle, priorTold } from "./prior.js";

/** @typedef {import("../common/types.js").Schemas["OtherView"]} OtherView */
/** @typedef {import("../common/types.js").Schemas["Prior"]} Prior */

/**
 * @param {HTMLElement} list @param {OtherView[]} views @param {Prior[]} priors
 * @param {{view: (view: OtherView) => void, prior: (prior: Prior) => void}} choose
 */
export function fillList(list, views, priors, choose) {
  const ofView = (view) => item(view.description, sizeOf(view), () => choose.view(view));
  list.replaceChildren(
    ...group(
      "Prior studies",
      priors.map((prior) => item(priorTitle(prior), priorTold(prior), () => choose.prior(prior))),
    ),
    ...group("Across these slices", views.filter(({ is_parallel }) => !is_parallel).map(ofView)),
    ...group("Along these slices", views.filter(({ is_parallel }) => is_parallel).map(ofView)),
  );
  list.querySelector("button")?.focus();
}

/** @param {string} heading @param {HTMLElement[]} items */
const group = (heading, items) => (items.length ? [element("h3", {}, heading), element("ul", {}, ...items)] : []);

/** @param {string} title @param {string} told @param {() => void} choose */
function item(title, told, choose) {
  const button = element("button", { type: "button" }, element("b", {}, title), element("span", {}, told));
  button.addEventListener("click", choose);
  return element("li", {}, button);
}

/** @param {OtherView} view */
function sizeOf({ contrast, number_of_positions: positions, number_of_phases: phases }) {
  const many = phases > 1 ? `${counted(positions, "position")} × ${phases} phases` : counted(positions, "image");
  return contrast === "psir" ? `${many}, PSIR` : many;
}
