/** Which pixels of a slice lie above the limit in force, as the server answers it. */

import { getPixelsAbove } from "../common/api.js";
import { keyOf } from "./segments.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").SliceKey} SliceKey */
/** @typedef {{mask: Rle|null, reason: string}} Above reason: why there is no mask */

const storedAs = "scarmass.limit";
/** Limits by the name that the server knows them by. */
export const limitNames = {
  "2sd": "2 SD",
  "3sd": "3 SD",
  "4sd": "4 SD",
  "5sd": "5 SD",
  "6sd": "6 SD",
  fwhm: "FWHM",
  model: "Model",
};

/** Events: "change" (of the limit in force, or of what is known). */
export class Limits extends EventTarget {
  /** @type {Map<string, Above>} */
  #known = new Map();
  name = "5sd";

  constructor() {
    super();
    const stored = localStorage.getItem(storedAs) ?? "";
    if (stored in limitNames) this.name = stored;
  }

  /** @param {string} name */
  choose(name) {
    this.name = name;
    localStorage.setItem(storedAs, name);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * What is known of a slice; what is not is asked for.
   * @param {SliceKey} slice @param {number} sensitivity of the reading: it moves the model's limit alone @returns {Above}
   */
  of(slice, sensitivity) {
    const at = this.name === "model" ? sensitivity : 0;
    const key = `${this.name} ${at} ${keyOf(slice)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const waiting = { mask: null, reason: "The limit of this slice is being computed: a moment." };
    this.#known.set(key, waiting);
    void this.#ask(slice, at, key);
    return waiting;
  }

  async #ask(slice, sensitivity, key) {
    try {
      const { mask } = await getPixelsAbove(slice, this.name, sensitivity);
      this.#known.set(key, { mask, reason: "" });
    } catch (error) {
      this.#known.set(key, { mask: null, reason: `This slice has no such limit: ${error.message}` });
      // Another press asks again: the server may have been busy or away.
      setTimeout(() => this.#known.delete(key), 3000);
    }
    this.dispatchEvent(new Event("change"));
  }
}
