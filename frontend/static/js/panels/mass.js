/** Grams on the page: the totals by both extents with equal rank, and the table of slices. */

import { element, find } from "../common/dom.js";
import { counted, grams, millilitres, number, plusMinus, stateNames } from "../common/format.js";
import { segmentOf } from "../reading/segments.js";

/** @typedef {import("../reading/draft.js").Draft} Draft @typedef {import("../image/slices.js").Slices} Slices */

/** @param {Slices} slices @returns {Record<string, string|null>} why a column of grams is absent */
function absences({ list }) {
  const lacks = (key) => list.some((slice) => slice[key] === null);
  return {
    by_slice_thickness: lacks("slice_thickness_mm") ? "no SliceThickness in the header" : null,
    by_slice_spacing: lacks("slice_spacing_mm") ? "the slice spacing is not known" : null,
  };
}

/** What of the scar is no-reflow, nothing where none is. @param {import("../reading/draft.js").Shown} reading */
function noReflowText({ structures, mass_extent, no_reflow_percent_of_myocardium: percent }) {
  const quantity = structures?.no_reflow?.[`by_${mass_extent}`];
  if (!quantity?.mass_g) return "";
  return `no-reflow ${grams(quantity)} g${percent ? `, ${percent.toFixed(1)} %` : ""}`;
}

/** Scar as a part of the LGE myocardial mass. @param {import("../reading/draft.js").Shown} reading */
function myocardiumText({
  state,
  myocardium,
  mass_extent,
  scar_percent_of_myocardium: percent,
  myocardium_unknown_because,
}) {
  if (percent === null || percent === undefined) return (state !== "preparing" && myocardium_unknown_because) || "";
  return `${percent.toFixed(1)} % of ${grams(myocardium[`by_${mass_extent}`])} g LGE myocardium (not cine mass)`;
}

export class MassPanel {
  #shown = -1;

  /**
   * @param {HTMLElement} panel @param {Slices} slices @param {Draft} draft
   * @param {import("../reading/spread.js").Spread} spread
   */
  constructor(panel, slices, draft, spread) {
    this.panel = panel;
    this.slices = slices;
    this.draft = draft;
    this.spread = spread;
    this.rows = this.#rowsOfSlices();
    new ResizeObserver(() => this.#scrollToShown()).observe(find(".slices", panel));
    slices.addEventListener("change", () => {
      this.rows = this.#rowsOfSlices();
      this.show();
    });
  }

  #rowsOfSlices() {
    const rows = this.slices.list.map((slice, index) => this.#row(slice, index));
    find("tbody", this.panel).replaceChildren(...rows.map(({ row }) => row));
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
    if (draft.isOpen) this.#totals(draft.reading);
  }

  #scrollToShown() {
    this.rows[this.slices.index].row.scrollIntoView({ block: "nearest" });
  }

  #totals({ slices, totals, mass_extent, reviewed, of, model, density_g_per_ml: density }) {
    const unmeasured = slices.filter(({ segments }) => !segments.scar?.mask).length;
    find("[data-unmeasured]", this.panel).textContent = unmeasured
      ? `${counted(unmeasured, "slice")} not measured`
      : "";
    const { slices_with_warnings: warned } = this.draft.reading;
    find("[data-warned]", this.panel).textContent = warned ? `${counted(warned, "slice")} with a warning` : "";
    for (const extent of /** @type {const} */ (["by_slice_thickness", "by_slice_spacing"])) {
      const card = find(`[data-extent="${extent}"]`, this.panel);
      // Nothing measured is not the same as no scar.
      const quantity = unmeasured < slices.length ? totals[extent] : null;
      card.classList.toggle("headline", extent === `by_${mass_extent}`);
      find("[data-mass]", card).textContent = grams(quantity);
      find("[data-spread]", card).textContent = quantity ? plusMinus(this.spread.mass?.[extent]) : "";
      find("[data-volume]", card).textContent = quantity
        ? `${millilitres(quantity)} mL`
        : (absences(this.slices)[extent] ?? "not measured yet");
    }
    find("[data-myocardium]", this.panel).textContent = [
      myocardiumText(this.draft.reading),
      noReflowText(this.draft.reading),
    ]
      .filter(Boolean)
      .join(" · ");
    const headline = unmeasured < slices.length ? totals[`by_${mass_extent}`] : null;
    for (const place of document.querySelectorAll("[data-total]")) place.textContent = grams(headline);
    const progress = find("[data-reviewed]", this.panel);
    progress.textContent = `Reviewed ${reviewed} of ${of} slices`;
    Object.assign(find("meter", this.panel), { max: of, value: reviewed });
    find("[data-density]", this.panel).textContent = `Density ${density.toFixed(2)} g/mL`;
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
    find("[data-models]", this.panel).replaceChildren(...lines);
  }
}
