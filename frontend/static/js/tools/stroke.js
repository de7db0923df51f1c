/** A stroke of a round brush on a copy of a mask. Pure arithmetic. */

import { emptyMask, pixelsOf, rleOf } from "../reading/mask.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Place} Place */
/** @typedef {{diameter_mm: number, erases: boolean, within?: Uint8Array}} Marks within: the only pixels that it may change */
/** @typedef {{rows: number, columns: number, pixel_spacing_mm: [number, number]}} Grid */

export class Stroke {
  #pixels;
  #at;

  /**
   * Begin with a mark where the brush comes down.
   * @param {Rle|null} before @param {Grid} grid @param {Place} at in corner-based image pixels
   * @param {Marks} marks
   */
  constructor(before, grid, at, { diameter_mm, erases, within }) {
    this.before = before;
    this.grid = grid;
    this.radius_mm = diameter_mm / 2;
    this.value = erases ? 0 : 1;
    this.within = within;
    this.#pixels = pixelsOf(before ?? emptyMask(grid));
    this.#at = at;
    this.to(at);
  }

  /** Draw the brush from where it was to a place. @param {Place} at in corner-based image pixels */
  to(at) {
    const { rows, columns, pixel_spacing_mm } = this.grid;
    const [rowSpacing, columnSpacing] = pixel_spacing_mm;
    const from = this.#at;
    const range = (a, b, spacing, count) => [
      Math.max(0, Math.floor(Math.min(a, b) - this.radius_mm / spacing)),
      Math.min(count - 1, Math.ceil(Math.max(a, b) + this.radius_mm / spacing)),
    ];
    const [left, right] = range(from.x, at.x, columnSpacing, columns);
    const [top, bottom] = range(from.y, at.y, rowSpacing, rows);
    for (let x = left; x <= right; x++)
      for (let y = top; y <= bottom; y++) {
        const centre = { x: (x + 0.5) * columnSpacing, y: (y + 0.5) * rowSpacing };
        const distance_mm = distance(centre, scaled(from, pixel_spacing_mm), scaled(at, pixel_spacing_mm));
        if (distance_mm <= this.radius_mm) this.#mark(x * rows + y);
      }
    // A brush thinner than a pixel still marks the one that it is on.
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    if (x >= 0 && y >= 0 && x < columns && y < rows) this.#mark(x * rows + y);
    this.#at = at;
  }

  /** @param {number} pixel */
  #mark(pixel) {
    if (!this.within || this.within[pixel]) this.#pixels[pixel] = this.value;
  }

  /** @returns {Rle} */
  get mask() {
    return rleOf(this.#pixels, [this.grid.rows, this.grid.columns]);
  }
}

const scaled = ({ x, y }, [rowSpacing, columnSpacing]) => ({ x: x * columnSpacing, y: y * rowSpacing });

/** From a place to the nearest one on the line from one end to the other. */
function distance(place, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((place.x - from.x) * dx + (place.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(place.x - from.x - part * dx, place.y - from.y - part * dy);
}
