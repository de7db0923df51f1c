/** Upwards is closer, round the place of the press. */

import { Dragging } from "./dragging.js";

const pixels_per_e = 200;

export class Zoom extends Dragging {
  /** @param {import("../image/viewport.js").Viewport} view */
  constructor(view) {
    super((_, down, from) => view.zoomBy(Math.exp(-down / pixels_per_e), from), "ns-resize");
  }
}
