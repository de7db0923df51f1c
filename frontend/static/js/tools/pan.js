/** The image follows the pointer. */

import { Dragging } from "./dragging.js";

export class Pan extends Dragging {
  /** @param {import("../image/viewport.js").Viewport} view */
  constructor(view) {
    super((right, down) => view.panBy(right, down), "grab");
  }
}
