/** Contours as closed curves of corner-based image pixels: made of a mask, pulled, smoothed, and turned into one. */

import { betweenPixels, loopsOf } from "../image/outline.js";
import { rleOf } from "./mask.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../image/outline.js").Vertex} Vertex @typedef {import("./mask_edge.js").Grid} Grid */

/** Points of a curve that is evened out: close enough for every bend of a ventricle. */
const few = 72;
/** Waves round an evened curve at most. */
const waves = 4;
/** Points that a curve has at most. */
const most = 512;
/** A pull moves what lies within so many mm along the curve; farther away it fades. */
const pull_mm = 9;

/**
 * The longest border of a mask as a curve, null of an empty one. It encloses just the mask's pixels, so that where it is not
 * pulled nothing changes.
 * @param {Rle} mask @returns {Vertex[]|null}
 */
export function curveOf(mask) {
  const loops = loopsOf(mask).map(betweenPixels);
  const longest = loops.reduce((best, loop) => (loop.length > best.length ? loop : best), []);
  if (!longest.length) return null;
  return longest.length > most ? evenly(longest, most) : longest;
}

/** So many points evenly round a curve. @param {Vertex[]} loop @param {number} count @returns {Vertex[]} */
export function evenly(loop, count) {
  const closed = [...loop, loop[0]];
  const along = [0];
  for (let at = 1; at < closed.length; at++) along.push(along[at - 1] + distance(closed[at - 1], closed[at]));
  const length = along[along.length - 1];
  let from = 0;
  return Array.from({ length: count }, (_, at) => {
    const wanted = (at * length) / count;
    while (along[from + 1] < wanted) from++;
    const share = (wanted - along[from]) / (along[from + 1] - along[from] || 1);
    const [a, b] = [closed[from], closed[from + 1]];
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  });
}

/** @param {Vertex} a @param {Vertex} b */
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** @param {Vertex} a @param {Vertex} b @param {Pick<Grid, "pixel_spacing_mm">} grid */
export const apart_mm = (a, [x, y], { pixel_spacing_mm: [row, column] }) =>
  Math.hypot((a[0] - x) * column, (a[1] - y) * row);

/** @param {Vertex[]} curve @param {Place} place @param {Grid} grid @returns {{at: number, away_mm: number}} its nearest point */
export function nearestPoint(curve, { x, y }, grid) {
  const away = curve.map((vertex) => apart_mm(vertex, [x, y], grid));
  const at = away.indexOf(Math.min(...away));
  return { at, away_mm: away[at] };
}

/**
 * The curve with the part near one of its points moved along, the more so the nearer it is on the curve.
 * @param {Vertex[]} curve @param {number} at @param {Place} by in pixels @param {Grid} grid @returns {Vertex[]}
 */
export function pulled(curve, at, by, grid) {
  const step_mm = lengthOf_mm(curve, grid) / curve.length;
  return curve.map(([x, y], index) => {
    const apart = Math.abs(index - at);
    const along_mm = Math.min(apart, curve.length - apart) * step_mm;
    const share = Math.exp(-((along_mm / pull_mm) ** 2) / 2);
    return inside([x + share * by.x, y + share * by.y], grid);
  });
}

/** @param {Vertex} vertex @param {Grid} grid @returns {Vertex} */
export const inside = ([x, y], { rows, columns }) => [
  Math.max(0, Math.min(columns, x)),
  Math.max(0, Math.min(rows, y)),
];

/** @param {Vertex[]} curve @param {Grid} grid */
function lengthOf_mm(curve, grid) {
  return curve.reduce((sum, vertex, at) => sum + apart_mm(vertex, curve[(at + 1) % curve.length], grid), 0);
}

/** Evened out all round: only the slow waves of its course stay, and with them its area. @param {Vertex[]} curve @returns {Vertex[]} */
export function evened(curve) {
  const points = evenly(curve, few);
  const turn = (2 * Math.PI) / few;
  const slow = (axis, at) => {
    let sum = 0;
    for (const [index, point] of points.entries()) sum += point[axis] * kernel(turn * (at - index));
    return sum / few;
  };
  return points.map((_, at) => [slow(0, at), slow(1, at)]);
}

/** The sum of the waves that stay (Dirichlet's kernel). @param {number} angle */
function kernel(angle) {
  let sum = 1;
  for (let wave = 1; wave <= waves; wave++) sum += 2 * Math.cos(wave * angle);
  return sum;
}

/** The pixels whose centres a curve encloses, by the even-odd rule. @param {[number, number][]} curve @param {{rows: number, columns: number}} image @returns {Rle} */
export function maskWithin(curve, { rows, columns }) {
  const pixels = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const y = row + 0.5;
    const crossings = [];
    for (const [at, [x0, y0]] of curve.entries()) {
      const [x1, y1] = curve[(at + 1) % curve.length];
      if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    }
    crossings.sort((a, b) => a - b);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2)
      for (let x = Math.max(0, Math.ceil(crossings[pair] - 0.5)); x < columns && x + 0.5 <= crossings[pair + 1]; x++)
        pixels[x * rows + row] = 1;
  }
  return rleOf(pixels, [rows, columns]);
}
