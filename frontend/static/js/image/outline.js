/** Masks as paths in corner-based image pixels: along their pixels' edges, or smoothly between them. */

import { pixelsOf } from "../reading/mask.js";

/** @typedef {import("../common/types.js").Rle} Rle */

/** @typedef {[number, number]} Vertex */

/**
 * How far the vertices of a smooth outline move towards their neighbours' middle, round by round: to and fro, so that the
 * outline loses its steps and not its area (Taubin, ICCV 1995).
 */
const smoothings = [0.5, -0.53, 0.5, -0.53];

/** @param {(rle: Rle) => Path2D} make @returns {(rle: Rle) => Path2D} the same, made once for each mask */
function once(make) {
  /** @type {WeakMap<Rle, Path2D>} */
  const made = new WeakMap();
  return (rle) => {
    const path = made.get(rle) ?? make(rle);
    made.set(rle, path);
    return path;
  };
}

/** The outline along the pixels' edges: closed loops, to be filled by the even-odd rule. */
export const edgesOf = once((rle) => {
  const path = new Path2D();
  for (const loop of loopsOf(rle)) {
    path.moveTo(...loop[0]);
    for (const vertex of loop) path.lineTo(...vertex);
    path.closePath();
  }
  return path;
});

/** The outline as a smooth curve, nowhere a pixel away from the pixels' edges; filled likewise. */
export const outlineOf = once((rle) => {
  const path = new Path2D();
  for (const loop of loopsOf(rle)) {
    const curve = smooth(loop);
    path.moveTo(...between(curve[curve.length - 1], curve[0]));
    for (const [index, [x, y]] of curve.entries())
      path.quadraticCurveTo(x, y, ...between([x, y], curve[(index + 1) % curve.length]));
    path.closePath();
  }
  return path;
});

/** @param {Vertex} a @param {Vertex} b @returns {Vertex} */
const between = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/**
 * The middles of the edges between pixels, as marching squares has them, and then evened out.
 * @param {Vertex[]} loop corners along the pixels' edges @returns {Vertex[]}
 */
export function smooth(loop) {
  let curve = betweenPixels(loop);
  for (const share of smoothings)
    curve = curve.map((vertex, index) => {
      const sides = between(curve.at(index - 1) ?? vertex, curve[(index + 1) % curve.length]);
      return [vertex[0] + share * (sides[0] - vertex[0]), vertex[1] + share * (sides[1] - vertex[1])];
    });
  return curve;
}

/** The middles of all pixels' edges along a loop: they enclose the centres of just the pixels that it does. @param {Vertex[]} loop @returns {Vertex[]} */
export const betweenPixels = (loop) => loop.flatMap((from, index) => middles(from, loop[(index + 1) % loop.length]));

/** The middle of every pixel's edge on a straight line. @param {Vertex} from @param {Vertex} to @returns {Vertex[]} */
function middles([x0, y0], [x1, y1]) {
  const count = Math.abs(x1 - x0) + Math.abs(y1 - y0);
  const [dx, dy] = [(x1 - x0) / count, (y1 - y0) / count];
  return Array.from({ length: count }, (_, at) => [x0 + dx * (at + 0.5), y0 + dy * (at + 0.5)]);
}

/**
 * The corners of every closed border, with the mask always on the right-hand side.
 * @param {Rle} rle @returns {Vertex[][]}
 */
export function loopsOf(rle) {
  const [rows, columns] = rle.size;
  const pixels = pixelsOf(rle);
  const inside = (x, y) => x >= 0 && y >= 0 && x < columns && y < rows && pixels[x * rows + y] === 1;
  const width = columns + 1;
  /** @type {Map<number, number[]>} from each corner to the next ones along the border */
  const onward = new Map();
  const edge = (x0, y0, x1, y1) => {
    const from = y0 * width + x0;
    const to = y1 * width + x1;
    const next = onward.get(from);
    if (next) next.push(to);
    else onward.set(from, [to]);
  };
  for (let x = 0; x < columns; x++)
    for (let y = 0; y < rows; y++) {
      if (!inside(x, y)) continue;
      if (!inside(x, y - 1)) edge(x, y, x + 1, y);
      if (!inside(x + 1, y)) edge(x + 1, y, x + 1, y + 1);
      if (!inside(x, y + 1)) edge(x + 1, y + 1, x, y + 1);
      if (!inside(x - 1, y)) edge(x, y + 1, x, y);
    }
  const loops = [];
  for (const start of onward.keys())
    while (onward.get(start)?.length) loops.push(cornersOnly(loopFrom(onward, start), width));
  return loops;
}

/** The corners from one on along the border, back to it. */
function loopFrom(onward, start) {
  const corners = [];
  let corner = start;
  do {
    corners.push(corner);
    corner = onward.get(corner).pop();
  } while (corner !== start);
  return corners;
}

/** Drop the corners in the middle of a straight edge. @returns {Vertex[]} */
function cornersOnly(corners, width) {
  const turns = (before, at, after) => at - before !== after - at;
  return corners
    .filter((corner, i) => turns(corners.at(i - 1), corner, corners[(i + 1) % corners.length]))
    .map((corner) => [corner % width, Math.floor(corner / width)]);
}
