/** Another reading of the stack over this one: its outline dashed, and slice by slice what differs. */

import { compareReadings } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { grams, number } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { comparedWith, pathOf } from "../reading/opening.js";
import { keyOf } from "../reading/segments.js";
import { titleOf } from "./readings.js";

/** @typedef {import("../common/types.js").Schemas["Comparison"]} Compared */
/** @typedef {import("../common/types.js").SliceKey} SliceKey */

const extents = /** @type {const} */ (["by_slice_thickness", "by_slice_spacing"]);

/** Events: "change". */
export class Comparison extends EventTarget {
  /** @type {Map<string, Compared["slices"][number]>} */
  #slices = new Map();
  #otherId = comparedWith();

  /**
   * @param {HTMLElement} panel @param {string} stackId @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
   */
  constructor(panel, stackId, slices, draft, outbox) {
    super();
    this.panel = panel;
    this.slices = slices;
    this.draft = draft;
    outbox.addEventListener("saved", () => void this.read());
    find("[data-close]", panel).addEventListener("click", () => {
      if (draft.isOpen) location.assign(pathOf(stackId, draft.reading.id));
    });
  }

  /** Is there another reading to compare with? */
  get isAsked() {
    return this.#otherId !== null;
  }

  /** Compare anew, where there is another reading to compare with. */
  async read() {
    if (!this.#otherId || !this.draft.isOpen) return;
    try {
      this.#show(await compareReadings(this.draft.reading.id, this.#otherId));
    } catch (error) {
      showMessage(`The readings cannot be compared: ${error.message}`);
    }
  }

  /** The other reading's scar on a slice, null where it has none. @param {SliceKey} slice */
  maskOn(slice) {
    return this.#slices.get(keyOf(slice))?.other?.mask ?? null;
  }

  /** @param {Compared} compared */
  #show({ one, other, dice, difference, slices }) {
    this.#slices = new Map(slices.map((slice) => [keyOf(slice), slice]));
    this.panel.hidden = false;
    find("[data-compared=with]", this.panel).textContent = titleOf(other);
    find("[data-compared=dice]", this.panel).textContent = `Dice ${number(dice, 2)}`;
    for (const extent of extents)
      find(`[data-compared=${extent}]`, this.panel).textContent =
        `${signed(difference[extent])} g = ${grams(one.totals[extent])} − ${grams(other.totals[extent])}`;
    find("tbody", this.panel).replaceChildren(...slices.map((slice) => this.#row(slice)));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Compared["slices"][number]} slice */
  #row(slice) {
    const index = this.slices.indexOf(slice);
    const cells = [
      number(slice.dice, 2),
      ...extents.map((extent) => signed(slice.difference[extent])),
      `${number(slice.one?.area_mm2)} / ${number(slice.other?.area_mm2)}`,
    ];
    const row = element(
      "tr",
      {},
      element("th", { scope: "row" }, index < 0 ? "–" : String(index + 1)),
      ...cells.map((text) => element("td", {}, text)),
    );
    if (index >= 0) row.addEventListener("click", () => void this.slices.go(index));
    return row;
  }
}

/** Grams more or less than the other reading. @param {import("../common/types.js").Quantity|null} quantity */
const signed = (quantity) => (quantity && quantity.mass_g > 0 ? `+${grams(quantity)}` : grams(quantity));
