/** Window and level: to the right is a wider window, downwards a brighter image. */

import { Dragging } from "./dragging.js";

export class WindowTool extends Dragging {
  /** @param {import("../image/viewport.js").Viewport} view */
  constructor(view) {
    super((right, down) => view.dragWindow(right, down), "default");
  }
}
