/** The table of slices: what each of them adds to the mass. */

import { element, find } from "../common/dom.js";
import { grams, number, stateNames } from "../common/format.js";
import { segmentOf } from "../reading/segments.js";

export class SlicesTable {
  #shown = -1;

  /**
   * @param {HTMLElement} place @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft
   */
  constructor(place, slices, draft) {
    this.place = place;
    this.slices = slices;
    this.draft = draft;
    this.rows = this.#rowsOfSlices();
    new ResizeObserver(() => this.#scrollToShown()).observe(place);
    slices.addEventListener("change", () => {
      this.rows = this.#rowsOfSlices();
      this.show();
    });
  }

  #rowsOfSlices() {
    const rows = this.slices.list.map((slice, index) => this.#row(slice, index));
    find("tbody", this.place).replaceChildren(...rows.map(({ row }) => row));
    return rows;
  }

  #row(slice, index) {
    const cells = Array.from({ length: 4 }, () => element("td", {}, "–"));
    const button = element("button", { type: "button", class: "quiet", tabindex: -1 }, String(index + 1));
    const row = element("tr", {}, element("th", { scope: "row" }, button), ...cells);
    row.addEventListener("click", () => void this.slices.go(index));
    return { row, cells, slice };
  }

  show() {
    const { draft, slices } = this;
    this.rows.forEach(({ row, cells, slice }, index) => {
      row.setAttribute("aria-current", String(index === slices.index));
      if (!draft.isOpen) return;
      const read = draft.slice(slice);
      const { mask, area_mm2, mass } = segmentOf(read);
      row.dataset.state = read.state;
      const texts = [
        stateNames[read.state],
        mask ? number(area_mm2) : "–",
        mask ? grams(mass?.by_slice_thickness) : "–",
        mask ? grams(mass?.by_slice_spacing) : "–",
      ];
      cells.forEach((cell, at) => {
        cell.textContent = texts[at];
      });
    });
    if (slices.index !== this.#shown) this.#scrollToShown();
    this.#shown = slices.index;
  }

  #scrollToShown() {
    this.rows[this.slices.index].row.scrollIntoView({ block: "nearest" });
  }
}
