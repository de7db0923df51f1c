/** Two fingers on the image zoom and pan it. One finger draws. */

/** @typedef {{x: number, y: number}} Place in CSS pixels of the window */

export class Pinch {
  /** @type {Map<number, Place>} */
  #fingers = new Map();
  /** From the second finger down until the last one is up. */
  #isOn = false;

  /** @param {import("../image/viewport.js").Viewport} view */
  constructor(view) {
    this.view = view;
  }

  /** A finger comes down. @returns {boolean} whether it makes, or belongs to, a pinch */
  add(pointerId, at) {
    this.#fingers.set(pointerId, at);
    this.#isOn ||= this.#fingers.size > 1;
    return this.#isOn;
  }

  /** @returns {boolean} whether the finger belongs to a pinch */
  moveTo(pointerId, at) {
    if (!this.#fingers.has(pointerId)) return false;
    const before = this.#spread();
    this.#fingers.set(pointerId, at);
    if (!this.#isOn || this.#fingers.size !== 2 || this.view.shown < 0) return this.#isOn;
    const after = this.#spread();
    this.view.panBy(after.x - before.x, after.y - before.y);
    if (before.width > 0) this.view.zoomBy(after.width / before.width, after);
    return true;
  }

  remove(pointerId) {
    this.#fingers.delete(pointerId);
    this.#isOn &&= this.#fingers.size > 0;
  }

  /** The middle of the fingers, and how far two of them are apart. */
  #spread() {
    const [a, b = a] = this.#fingers.values();
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: Math.hypot(a.x - b.x, a.y - b.y) };
  }
}
