/** A tool that does something with every stretch of a drag. */

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */

/** @implements {Tool} */
export class Dragging {
  /** @type {Place} */
  #last = { x: 0, y: 0 };

  /** @type {Place} */
  #from = { x: 0, y: 0 };

  /** @param {(right: number, down: number, from: Place) => void} dragBy in CSS pixels, from where it began @param {string} cursor in CSS */
  constructor(dragBy, cursor) {
    this.dragBy = dragBy;
    this.shape = cursor;
  }

  /** @param {Place} at */
  press(at) {
    this.#from = at;
    this.#last = at;
    return true;
  }

  /** @param {Place} at */
  move(at) {
    this.dragBy(at.x - this.#last.x, at.y - this.#last.y, this.#from);
    this.#last = at;
  }

  release() {}

  cancel() {}

  cursor() {
    return this.shape;
  }
}
