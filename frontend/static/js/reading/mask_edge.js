/** Where the edge of a mask is near a place, and which way it faces. Pure arithmetic; distances in mm. */

import { pixelsOf } from "./mask.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../common/types.js").Slice} Slice @typedef {{rows: number, columns: number, pixel_spacing_mm: number[]}} Grid */

/** The edge faces where most of what is not set lies, within so many mm. */
const faces_within_mm = 4;

/**
 * The pixels whose centres lie within a radius of a place.
 * @param {Place} at @param {Grid} grid @param {number} radius_mm
 * @returns {Generator<{at: number, right_mm: number, down_mm: number, away_mm: number}>} at: the pixel, right and down of the place
 */
export function* pixelsAround(at, { rows, columns, pixel_spacing_mm: [rowSpacing, columnSpacing] }, radius_mm) {
  const first = (middle, spacing) => Math.max(0, Math.floor(middle - radius_mm / spacing));
  const last = (middle, spacing, count) => Math.min(count - 1, Math.ceil(middle + radius_mm / spacing));
  for (let x = first(at.x, columnSpacing); x <= last(at.x, columnSpacing, columns); x++)
    for (let y = first(at.y, rowSpacing); y <= last(at.y, rowSpacing, rows); y++) {
      const [right_mm, down_mm] = [(x + 0.5 - at.x) * columnSpacing, (y + 0.5 - at.y) * rowSpacing];
      const away_mm = Math.hypot(right_mm, down_mm);
      if (away_mm <= radius_mm) yield { at: x * rows + y, right_mm, down_mm, away_mm };
    }
}

/** A place moved by so many mm. @param {Place} at @param {Grid} grid @returns {Place} */
export const movedBy = (at, { pixel_spacing_mm: [row, column] }, right_mm, down_mm) => ({
  x: at.x + right_mm / column,
  y: at.y + down_mm / row,
});

/**
 * @typedef {object} Edge
 * @property {Place} at in corner-based image pixels
 * @property {number} right of the unit vector that points out of the mask @property {number} down likewise
 */

/**
 * The edge of a mask that is nearest to a place.
 * @param {Rle|null} mask @param {Place} at @param {Grid} grid @param {number} reach_mm
 * @returns {Edge|null} null where there is none within reach
 */
export function edgeNear(mask, at, grid, reach_mm) {
  if (!mask) return null;
  const pixels = pixelsOf(mask);
  /** @type {({away_mm: number, right_mm: number, down_mm: number}|null)[]} of those not set, and of those set */
  const nearest = [null, null];
  for (const pixel of pixelsAround(at, grid, reach_mm)) {
    const known = nearest[pixels[pixel.at]];
    if (!known || pixel.away_mm < known.away_mm) nearest[pixels[pixel.at]] = pixel;
  }
  const [unset, set] = nearest;
  if (!unset || !set) return null;
  // Half way between the farther of the two and the one beside it, as seen from the place.
  const farther = unset.away_mm > set.away_mm ? unset : set;
  const short_mm = Math.min(...grid.pixel_spacing_mm) / 2;
  const part = Math.max(0, 1 - short_mm / Math.max(short_mm, farther.away_mm));
  const edge = movedBy(at, grid, farther.right_mm * part, farther.down_mm * part);
  return { at: edge, ...facing(pixels, edge, grid) };
}

function facing(pixels, at, grid) {
  const sums = [0, 1].map(() => ({ right: 0, down: 0, count: 0 }));
  for (const pixel of pixelsAround(at, grid, faces_within_mm)) {
    const sum = sums[pixels[pixel.at]];
    sum.right += pixel.right_mm;
    sum.down += pixel.down_mm;
    sum.count += 1;
  }
  const [unset, set] = sums.map(({ right, down, count }) => ({ right: right / count || 0, down: down / count || 0 }));
  const [right, down] = [unset.right - set.right, unset.down - set.down];
  const length = Math.hypot(right, down) || 1;
  return { right: right / length, down: down / length };
}

/**
 * A disc that touches the edge from within the mask, or from beside it, and lies wholly there.
 * @param {Rle} mask @param {Edge} edge @param {Grid} grid @param {number} largest_mm its radius at most
 * @param {boolean} isWithin @returns {{at: Place, radius_mm: number}}
 */
export function discAt(mask, edge, grid, largest_mm, isWithin) {
  const pixels = pixelsOf(mask);
  const side = isWithin ? -1 : 1;
  const least_mm = Math.min(...grid.pixel_spacing_mm) / 2;
  for (let radius_mm = largest_mm; ; radius_mm *= 0.8) {
    const at = movedBy(edge.at, grid, side * edge.right * radius_mm, side * edge.down * radius_mm);
    const isInTheWay = (pixel) => pixels[pixel.at] !== (isWithin ? 1 : 0);
    const isSmallest = radius_mm <= least_mm;
    if (isSmallest || ![...pixelsAround(at, grid, radius_mm)].some(isInTheWay)) return { at, radius_mm };
  }
}
