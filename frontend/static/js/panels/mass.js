/** The reading's figures: what the scar weighs by both conventions, its part of the left ventricle, and what to know of both. */

import { find } from "../common/dom.js";
import { counted, grams, massName, millilitres, number, plusMinus, quantityShown } from "../common/format.js";
import { atRest } from "../common/rest.js";

/** @typedef {import("../reading/draft.js").Draft} Draft @typedef {import("../image/slices.js").Slices} Slices */
/** @typedef {import("../reading/draft.js").Shown} Reading */

const extents = /** @type {const} */ (["by_slice_thickness", "by_slice_spacing"]);
/** They are read out once nothing was changed for so long. */
const rests_after_ms = 1200;

/** @param {Slices} slices @returns {Record<string, string|null>} why a convention has no grams */
function absences({ list }) {
  const lacks = (key) => list.some((slice) => slice[key] === null);
  return {
    by_slice_thickness: lacks("slice_thickness_mm") ? "no SliceThickness in the header" : null,
    by_slice_spacing: lacks("slice_spacing_mm") ? "the slice spacing is not known" : null,
  };
}

/** What the percentages are of, or why there are none. @param {Reading} reading */
function myocardiumText({ state, myocardium, mass_extent, scar_percent_of_myocardium, myocardium_unknown_because }) {
  if (typeof scar_percent_of_myocardium !== "number")
    return (state !== "preparing" && myocardium_unknown_because) || "";
  return `of ${grams(myocardium[`by_${mass_extent}`])} g LGE myocardium (not cine mass)`;
}

/** @param {import("../common/types.js").Quantity|null|undefined} quantity in the digits that a reader takes along */
const briefly = (quantity) => (quantity ? quantity.mass_g.toFixed(1) : "–");

export class MassPanel {
  #announce = atRest(() => this.#say(), rests_after_ms);

  /**
   * @param {HTMLElement} panel @param {Slices} slices @param {Draft} draft
   * @param {import("../reading/spread.js").Spread} spread
   */
  constructor(panel, slices, draft, spread) {
    this.panel = panel;
    this.slices = slices;
    this.draft = draft;
    this.spread = spread;
  }

  show() {
    if (!this.draft.isOpen) return;
    this.#headline();
    for (const extent of extents) this.#convention(extent);
    this.#remarks();
    const { reviewed, of } = this.draft.reading;
    find("[data-reviewed]", this.panel).textContent = `Reviewed ${reviewed} of ${of}`;
    for (const meter of document.querySelectorAll("meter")) Object.assign(meter, { max: of, value: reviewed });
    this.#announce();
  }

  get #unmeasured() {
    return this.draft.reading.slices.filter(({ segments }) => !segments.scar?.mask).length;
  }

  /** Nothing measured is not the same as no scar. */
  get #isMeasured() {
    return this.#unmeasured < this.draft.reading.slices.length;
  }

  /** The scar by the site's convention, or by the other one where there is none; which one it is, and its part of the ventricle. */
  get #figures() {
    const { reading } = this.draft;
    const { totals, structures, mass_extent, scar_percent_of_myocardium: percent } = reading;
    const { quantity, by } = quantityShown(this.#isMeasured ? totals : null, mass_extent);
    const spread = quantity && quantityShown(this.spread.mass, mass_extent);
    return {
      by: by ? `by slice ${by}` : "",
      mass: briefly(quantity),
      spread: spread?.by === by ? plusMinus(spread.quantity) : "",
      percent: number(percent, 1),
      no_reflow: briefly(quantityShown(structures.no_reflow ?? null, mass_extent).quantity),
    };
  }

  #headline() {
    for (const [name, text] of Object.entries(this.#figures))
      find(`[data-headline="${name}"]`, this.panel).textContent = text;
    const { totals, mass_extent } = this.draft.reading;
    const total = this.#isMeasured ? totals[`by_${mass_extent}`] : null;
    for (const place of document.querySelectorAll("[data-total]")) place.textContent = grams(total);
  }

  /** @param {typeof extents[number]} extent */
  #convention(extent) {
    const row = find(`[data-extent="${extent}"]`, this.panel);
    const quantity = this.#isMeasured ? this.draft.reading.totals[extent] : null;
    find("[data-mass]", row).textContent = grams(quantity);
    find("[data-spread]", row).textContent = quantity ? plusMinus(this.spread.mass?.[extent]) : "";
    find("[data-volume]", row).textContent = quantity
      ? `${millilitres(quantity)} mL`
      : (absences(this.slices)[extent] ?? "not measured yet");
  }

  #remarks() {
    const { slices_with_warnings: warned } = this.draft.reading;
    const unmeasured = this.#unmeasured;
    const remarks = {
      myocardium: myocardiumText(this.draft.reading),
      warned: warned ? `${counted(warned, "slice")} with a warning` : "",
      unmeasured: unmeasured ? `${counted(unmeasured, "slice")} not measured` : "",
    };
    for (const [name, text] of Object.entries(remarks)) find(`[data-${name}]`, this.panel).textContent = text;
  }

  /** To those who hear the page. */
  #say() {
    const { by, mass, spread, percent, no_reflow } = this.#figures;
    const { reviewed, of } = this.draft.reading;
    const told = [
      mass === "–"
        ? "Nothing is measured"
        : `${massName(this.draft.reading.pattern)} ${mass} g ${spread} ${by}`.replace("± ", "plus or minus "),
      percent === "–" ? "" : `${percent} % of the left ventricle`,
      no_reflow === "–" ? "" : `no-reflow ${no_reflow} g`,
      `reviewed ${reviewed} of ${of} slices`,
    ];
    const text = `${told.filter(Boolean).join(", ").replaceAll("  ", " ")}.`;
    const place = find("#announced", this.panel);
    if (place.textContent !== text) place.textContent = text;
  }
}
