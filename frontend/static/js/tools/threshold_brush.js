/** The threshold brush: paints only pixels above the limit in force. Turned round it erases all that it passes. */

import { showMessage } from "../common/status.js";
import { pixelsOf } from "../reading/mask.js";
import { Brush } from "./brush.js";

/** @typedef {import("./tool.js").Place} Place @typedef {import("./tool.js").Manner} Manner */

export class ThresholdBrush extends Brush {
  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing
   * @param {import("./brush.js").BrushSize} size @param {import("../reading/limits.js").Limits} limits
   */
  constructor(view, drawing, size, limits) {
    super(view, drawing, size);
    this.limits = limits;
  }

  get #above() {
    const { draft } = this.drawing;
    return this.limits.of(this.view.slice, draft.isOpen ? draft.reading.sensitivity : 0);
  }

  /** @param {Place} at @param {Manner} manner */
  press(at, manner) {
    const { mask, reason } = this.#above;
    if (!mask && !manner.isOpposite) {
      showMessage(reason);
      return false;
    }
    return super.press(at, manner);
  }

  /** @param {Place} at in corner-based image pixels @param {Manner} manner */
  manner(at, manner) {
    const how = super.manner(at, manner);
    const { mask } = this.#above;
    return how.erases || !mask ? how : { ...how, within: pixelsOf(mask) };
  }

  /** @param {Place} at in corner-based image pixels */
  circle(at) {
    return { ...super.circle(at), paints: this.#above.mask };
  }
}
