/** The brush: paints on the mask of the slice on the screen. */

import { Stroke } from "./stroke.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place @typedef {import("./tool.js").Manner} Manner */

const [thinnest_mm, thickest_mm] = [1, 40];

/** What brush and eraser share. */
export class BrushSize {
  diameter_mm = 5;

  /** @param {number} factor */
  scale(factor) {
    this.diameter_mm = Math.min(thickest_mm, Math.max(thinnest_mm, this.diameter_mm * factor));
  }
}

/** @implements {Tool} */
export class Brush {
  erases = false;
  /** @type {Stroke|null} */
  #stroke = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing
   * @param {BrushSize} size
   */
  constructor(view, drawing, size) {
    this.view = view;
    this.drawing = drawing;
    this.size = size;
  }

  /** @param {Place} at @param {Manner} manner */
  press(at, manner) {
    if (!this.drawing.canDraw) return false;
    const place = this.view.clientToImage(at.x, at.y);
    this.#stroke = new Stroke(this.drawing.mask, this.view.slice, place, this.manner(place, manner));
    this.drawing.showPainted(this.#stroke.mask);
    return true;
  }

  /**
   * How a stroke that begins here marks.
   * @param {Place} _at in corner-based image pixels @param {Manner} manner @returns {import("./stroke.js").Marks}
   */
  manner(_at, { isOpposite = false }) {
    return { diameter_mm: this.size.diameter_mm, erases: this.erases || isOpposite };
  }

  /** @param {Place} at @param {Place[]} path */
  move(at, path) {
    if (!this.#stroke) return;
    for (const { x, y } of [...path, at]) this.#stroke.to(this.view.clientToImage(x, y));
    this.drawing.showPainted(this.#stroke.mask);
  }

  release() {
    if (this.#stroke) this.drawing.paint(this.#stroke.before, this.#stroke.mask);
    this.#stroke = null;
  }

  cancel() {
    this.#stroke = null;
    this.drawing.showPainted(null);
  }

  cursor() {
    return this.drawing.canDraw ? "none" : "default";
  }

  /** The brush's circle round a place: its middle and half axes in corner-based image pixels. @param {Place} at likewise */
  circle(at) {
    const [rowSpacing, columnSpacing] = this.view.slice.pixel_spacing_mm;
    const radius_mm = this.size.diameter_mm / 2;
    return { ...at, across: radius_mm / columnSpacing, down: radius_mm / rowSpacing };
  }
}
