/** Two clicks in one place, soon after each other: the second press is held back until it is a drag, or a double click. */

import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Place} Place @typedef {import("./tool.js").Manner} Manner */
/** @typedef {{at: Place, manner: Manner & {name?: import("./tools.js").ToolName}}} Press */

const soon_ms = 350;
/** How far apart the two may be, in times of a click's own travel. */
const apart = { mouse: 1, finger: 6 };

const isNear = (a, b, pixels) => Math.hypot(a.x - b.x, a.y - b.y) < pixels;

export class DoubleClick {
  /** @type {{at: Place, time: number, isClick: boolean}|null} the last press that was let through */
  #first = null;
  /** @type {Press|null} the second press, while it is held back */
  held = null;

  /** A press. @param {Press} press @param {number} time in ms @param {boolean} isFinger @returns {boolean} is it held back? */
  press(press, time, isFinger) {
    const { at } = press;
    const first = this.#first;
    const isSecond =
      first?.isClick &&
      time - first.time < soon_ms &&
      isNear(at, first.at, click_pixels * apart[isFinger ? "finger" : "mouse"]);
    this.held = isSecond ? press : null;
    this.#first = isSecond ? null : { at, time, isClick: true };
    return this.held !== null;
  }

  /** The pointer moved. @param {Place} at @returns {Press|null} the press that was held back, which is a drag's */
  move(at) {
    if (this.#first && !isNear(at, this.#first.at, click_pixels)) this.#first.isClick = false;
    if (!this.held || isNear(at, this.held.at, click_pixels)) return null;
    return this.cancel();
  }

  /** @returns {Press|null} that of the double click which ends here */
  release() {
    return this.cancel();
  }

  /** @returns {Press|null} what was held back until now */
  cancel() {
    const { held } = this;
    this.held = null;
    return held;
  }
}
