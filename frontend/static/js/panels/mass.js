/** Grams on the page: the totals by both extents with equal rank, and the table of slices. */

import { counted, element, grams, millilitres, number, stateWords } from "../common/format.js";

/** @typedef {import("../reading/draft.js").Draft} Draft @typedef {import("../common/types.js").Stack} Stack */

/** @param {Stack} stack @returns {Record<string, string|null>} why a column of grams is absent */
function absences({ slices }) {
  const lacks = (key) => slices.some((slice) => slice[key] === null);
  return {
    by_slice_thickness: lacks("slice_thickness_mm") ? "no SliceThickness in the header" : null,
    by_slice_spacing: lacks("slice_spacing_mm") ? "the slice spacing is not known" : null,
  };
}

export class MassPanel {
  /** @param {HTMLElement} panel @param {Stack} stack @param {(index: number) => void} onSlice */
  constructor(panel, stack, onSlice) {
    this.panel = panel;
    this.absent = absences(stack);
    this.rows = stack.slices.map((slice, index) => this.#row(slice, index, onSlice));
    panel.querySelector("tbody").replaceChildren(...this.rows.map(({ row }) => row));
  }

  #row(slice, index, onSlice) {
    const cells = Array.from({ length: 4 }, () => element("td", {}, "–"));
    const button = element("button", { type: "button", class: "quiet", tabindex: -1 }, String(index + 1));
    const row = element("tr", {}, element("th", { scope: "row" }, button), ...cells);
    row.addEventListener("click", () => onSlice(index));
    return { row, cells, slice };
  }

  /** @param {Draft|null} draft @param {number} shown the slice on the screen */
  show(draft, shown) {
    this.rows.forEach(({ row, cells, slice }, index) => {
      row.setAttribute("aria-current", String(index === shown));
      if (!draft) return;
      const read = draft.slice(slice);
      row.dataset.state = read.state;
      const figures = read.mask || read.state === "no_scar";
      const texts = [
        stateWords[read.state],
        figures ? number(read.area_mm2) : "–",
        figures ? grams(read.mass?.by_slice_thickness) : "–",
        figures ? grams(read.mass?.by_slice_spacing) : "–",
      ];
      cells.forEach((cell, at) => (cell.textContent = texts[at]));
    });
    if (shown !== this.shown) this.rows[shown].row.scrollIntoView({ block: "nearest" });
    this.shown = shown;
    if (draft) this.#totals(draft.reading);
  }

  #totals({ slices, totals, mass_extent, reviewed, of, model, density_g_per_ml: density }) {
    const unmeasured = slices.filter(({ mask }) => !mask).length;
    this.panel.querySelector("[data-unmeasured]").textContent = unmeasured
      ? `${counted(unmeasured, "slice")} not measured`
      : "";
    for (const card of this.panel.querySelectorAll("[data-extent]")) {
      const { extent } = card.dataset;
      // Nothing measured is not the same as no scar.
      const quantity = unmeasured < slices.length ? totals[extent] : null;
      card.classList.toggle("headline", extent === `by_${mass_extent}`);
      card.querySelector("[data-mass]").textContent = grams(quantity);
      card.querySelector("[data-volume]").textContent = quantity
        ? `${millilitres(quantity)} mL`
        : (this.absent[extent] ?? "not measured yet");
    }
    const progress = this.panel.querySelector("[data-reviewed]");
    progress.textContent = `Reviewed ${reviewed} of ${of} slices`;
    this.panel.querySelector("meter").max = of;
    this.panel.querySelector("meter").value = reviewed;
    this.panel.querySelector("[data-density]").textContent = `Density ${density.toFixed(2)} g/mL`;
    this.#models(model);
  }

  #models(model) {
    const lines = Object.entries(model).map(([role, { name, sha256 }]) =>
      element(
        "div",
        { title: `sha256 ${sha256}` },
        element("span", {}, `${role} `),
        `${name} `,
        element("code", {}, sha256.slice(0, 8)),
      ),
    );
    this.panel.querySelector("[data-models]").replaceChildren(...lines);
  }
}
