/** Window and level: to the right is a wider window, downwards a brighter image. */

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */

/** @implements {Tool} */
export class WindowTool {
  /** @type {Place} */
  #last = { x: 0, y: 0 };

  /** @param {import("../image/viewport.js").Viewport} view */
  constructor(view) {
    this.view = view;
  }

  /** @param {Place} at */
  press(at) {
    this.#last = at;
    return true;
  }

  /** @param {Place} at */
  move(at) {
    this.view.dragWindow(at.x - this.#last.x, at.y - this.#last.y);
    this.#last = at;
  }

  release() {}

  cancel() {}

  cursor() {
    return "default";
  }
}
