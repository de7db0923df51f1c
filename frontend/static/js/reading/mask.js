/** Masks as pixels: one byte per pixel, column after column, as their run lengths are. */

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Box} Box */

const straight = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];
const around = [...straight, [-1, -1], [-1, 1], [1, -1], [1, 1]];

/** @param {Rle} rle @returns {Uint8Array} */
export function pixelsOf({ size: [rows, columns], counts }) {
  const pixels = new Uint8Array(rows * columns);
  let at = 0;
  counts.forEach((count, run) => {
    if (run % 2) pixels.fill(1, at, at + count);
    at += count;
  });
  return pixels;
}

/** @param {Uint8Array} pixels @param {number[]} size rows, columns @returns {Rle} */
export function rleOf(pixels, size) {
  const counts = [];
  let value = 0;
  let run = 0;
  for (const pixel of pixels) {
    if (pixel !== value) {
      counts.push(run);
      [value, run] = [pixel, 0];
    }
    run++;
  }
  counts.push(run);
  return { size: [...size], counts };
}

/** @returns {Rle} */
export const emptyMask = ({ rows, columns }) => ({ size: [rows, columns], counts: [rows * columns] });

/** Are any pixels set? @param {Rle|null|undefined} rle */
export const isAny = (rle) => Boolean(rle && rle.counts.length > 1);

/**
 * @param {Uint8Array} pixels @param {number[]} size rows, columns @param {number} value @param {number[][]} neighbours
 * @returns {number[][]} the connected parts of the pixels of one value, as lists of positions, the largest first
 */
function partsOf(pixels, size, value, neighbours) {
  const [rows, columns] = size;
  const seen = new Uint8Array(pixels.length);
  const parts = [];
  for (let start = 0; start < pixels.length; start++) {
    if (seen[start] || pixels[start] !== value) continue;
    const part = [start];
    seen[start] = 1;
    for (let next = 0; next < part.length; next++) {
      const [x, y] = [Math.floor(part[next] / rows), part[next] % rows];
      for (const [dx, dy] of neighbours) {
        const [nx, ny] = [x + dx, y + dy];
        if (nx < 0 || ny < 0 || nx >= columns || ny >= rows) continue;
        const at = nx * rows + ny;
        if (seen[at] || pixels[at] !== value) continue;
        seen[at] = 1;
        part.push(at);
      }
    }
    parts.push(part);
  }
  return parts.sort((a, b) => b.length - a.length);
}

/** The mask with every hole filled: what is not set and cannot be left without crossing it. @param {Rle} rle */
export function withHolesFilled(rle) {
  const pixels = pixelsOf(rle);
  for (const hole of holesOf(pixels, rle.size)) for (const at of hole) pixels[at] = 1;
  return rleOf(pixels, rle.size);
}

/** @param {Uint8Array} pixels @param {number[]} size rows, columns @returns {number[][]} */
export function holesOf(pixels, size) {
  const [rows, columns] = size;
  const touchesEdge = (at) => at % rows === 0 || at % rows === rows - 1 || at < rows || at >= rows * (columns - 1);
  return partsOf(pixels, size, 0, straight).filter((part) => !part.some(touchesEdge));
}

/** The connected parts of a mask's pixels, as lists of positions, the largest first. */
export const setParts = (pixels, size) => partsOf(pixels, size, 1, around);

/** Is the pixel under a place set? @param {Rle|null} rle @param {{x: number, y: number}} at in corner-based image pixels */
export function holdsPixel(rle, { x, y }) {
  if (!rle) return false;
  const [rows, columns] = rle.size;
  const isOn = x >= 0 && y >= 0 && x < columns && y < rows;
  return isOn && pixelsOf(rle)[Math.floor(x) * rows + Math.floor(y)] === 1;
}

/** The mask without the part under a place. @param {Rle} rle @param {{x: number, y: number}} place */
export function withoutPartAt(rle, { x, y }) {
  const pixels = pixelsOf(rle);
  const under = Math.floor(x) * rle.size[0] + Math.floor(y);
  for (const part of setParts(pixels, rle.size)) if (part.includes(under)) for (const at of part) pixels[at] = 0;
  return rleOf(pixels, rle.size);
}

/** The mask without its parts of fewer pixels. @param {Rle} rle @param {number} fewest */
export function withoutIslands(rle, fewest) {
  const pixels = pixelsOf(rle);
  for (const part of setParts(pixels, rle.size)) if (part.length < fewest) for (const at of part) pixels[at] = 0;
  return rleOf(pixels, rle.size);
}

const lowest = (values) => values.reduce((a, b) => Math.min(a, b));
const highest = (values) => values.reduce((a, b) => Math.max(a, b));

/** @param {Rle} rle @param {number} margin pixels @returns {Box[]} a box around each part, the largest part first */
export function boxesAround(rle, margin) {
  const [rows, columns] = rle.size;
  return setParts(pixelsOf(rle), rle.size).map((part) => {
    const xs = part.map((at) => Math.floor(at / rows));
    const ys = part.map((at) => at % rows);
    return {
      x0: Math.max(0, lowest(xs) - margin),
      y0: Math.max(0, lowest(ys) - margin),
      x1: Math.min(columns, highest(xs) + 1 + margin),
      y1: Math.min(rows, highest(ys) + 1 + margin),
    };
  });
}
