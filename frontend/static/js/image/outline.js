/** Masks as paths: the outline of a run-length mask along its pixel edges, in corner-based image pixels. */

import { pixelsOf } from "../reading/mask.js";

/** @typedef {import("../common/types.js").Rle} Rle */

/** @type {WeakMap<Rle, Path2D>} */
const outlines = new WeakMap();

/** @param {Rle} rle @returns {Path2D} closed loops, to be filled by the even-odd rule */
export function outlineOf(rle) {
  let path = outlines.get(rle);
  if (!path) {
    path = new Path2D();
    for (const loop of loopsOf(rle)) {
      path.moveTo(loop[0][0], loop[0][1]);
      for (const [x, y] of loop) path.lineTo(x, y);
      path.closePath();
    }
    outlines.set(rle, path);
  }
  return path;
}

/** The corners of every closed border, with the mask always on the right-hand side. */
function loopsOf(rle) {
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

/** Drop the corners in the middle of a straight edge. */
function cornersOnly(corners, width) {
  const turns = (before, at, after) => at - before !== after - at;
  return corners
    .filter((corner, i) => turns(corners.at(i - 1), corner, corners[(i + 1) % corners.length]))
    .map((corner) => [corner % width, Math.floor(corner / width)]);
}
