/** Where the heart lies in a stack, and the window for it, as the server finds them. */

import { getView } from "../common/api.js";

/** @typedef {import("../common/types.js").Box} Box @typedef {import("../common/types.js").Schemas["View"]} View */

/** A first image does not wait longer than this for where to look. */
const most_ms = 5000;

/** Asked for once; asked for again where it failed. */
export class OpeningView {
  /** @type {Promise<View>|null} */
  #asked = null;
  /** @type {View["apex"]} which end of the stack is the apex; null until, or unless, it is known */
  apex = null;

  /** @param {string} stackId */
  constructor(stackId) {
    this.stackId = stackId;
  }

  /** @returns {Promise<View>} @throws {Error} where the server cannot say */
  get() {
    this.#asked ??= getView(this.stackId).then(
      (view) => {
        this.apex = view.apex;
        return view;
      },
      (error) => {
        this.#asked = null;
        throw error;
      },
    );
    return this.#asked;
  }

  /** @returns {Promise<View|null>} null where it is not known soon enough */
  soon() {
    const late = new Promise((resume) => setTimeout(() => resume(null), most_ms));
    return Promise.race([this.get().catch(() => null), late]);
  }

  /** @returns {Promise<{center: number, width: number}|null>} */
  async window() {
    const { window_center: center, window_width: width } = await this.get();
    return center === null || width === null ? null : { center, width };
  }
}
