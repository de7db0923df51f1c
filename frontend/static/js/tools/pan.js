/** The image follows the pointer. */

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */

/** @implements {Tool} */
export class Pan {
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
    this.view.panBy(at.x - this.#last.x, at.y - this.#last.y);
    this.#last = at;
  }

  release() {}

  cancel() {}

  cursor() {
    return "grab";
  }
}
