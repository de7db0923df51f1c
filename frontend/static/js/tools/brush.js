/** The brush: a round tip of so many mm that paints or erases on a copy of a slice's mask. */

import { emptyMask, pixelsOf, rleOf } from "../reading/mask.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").StackSlice} StackSlice */

const [thinnest_mm, thickest_mm] = [1, 40];

export class Brush {
  diameter_mm = 5;
  #pixels = null;
  #slice = null;
  #value = 1;
  #at = null;

  resize(factor) {
    this.diameter_mm = Math.min(thickest_mm, Math.max(thinnest_mm, this.diameter_mm * factor));
  }

  /** @param {Rle|null} mask @param {StackSlice} slice @param {boolean} erases */
  begin(mask, slice, erases, at) {
    this.#slice = slice;
    this.#pixels = pixelsOf(mask ?? emptyMask(slice));
    this.#value = erases ? 0 : 1;
    this.#at = at;
    this.to(at);
  }

  /** Draw the tip from where it was to a corner-based image position. */
  to(at) {
    const { rows, columns, pixel_spacing_mm } = this.#slice;
    const [rowSpacing, columnSpacing] = pixel_spacing_mm;
    const from = this.#at;
    const reach_mm = this.diameter_mm / 2;
    const span = (a, b, spacing, count) => [
      Math.max(0, Math.floor(Math.min(a, b) - reach_mm / spacing)),
      Math.min(count - 1, Math.ceil(Math.max(a, b) + reach_mm / spacing)),
    ];
    const [left, right] = span(from.x, at.x, columnSpacing, columns);
    const [top, bottom] = span(from.y, at.y, rowSpacing, rows);
    for (let x = left; x <= right; x++)
      for (let y = top; y <= bottom; y++) {
        const centre = { x: (x + 0.5) * columnSpacing, y: (y + 0.5) * rowSpacing };
        const away = distance(centre, scaled(from, pixel_spacing_mm), scaled(at, pixel_spacing_mm));
        if (away <= reach_mm) this.#pixels[x * rows + y] = this.#value;
      }
    // A tip thinner than a pixel still marks the one that it is on.
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    if (x >= 0 && y >= 0 && x < columns && y < rows) this.#pixels[x * rows + y] = this.#value;
    this.#at = at;
  }

  /** @returns {Rle} */
  get mask() {
    return rleOf(this.#pixels, [this.#slice.rows, this.#slice.columns]);
  }
}

const scaled = ({ x, y }, [rowSpacing, columnSpacing]) => ({ x: x * columnSpacing, y: y * rowSpacing });

/** From a place to the nearest one on the way from one end to the other. */
function distance(place, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((place.x - from.x) * dx + (place.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const held = Math.min(1, Math.max(0, along));
  return Math.hypot(place.x - from.x - held * dx, place.y - from.y - held * dy);
}
