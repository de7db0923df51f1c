/** Dark cores within scar: holes, and those that a narrow gap leaves open to the blood pool. Pure arithmetic. */

import { holesOf, pixelsOf, rleOf, setParts, withHolesFilled } from "./mask.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {{pixel_spacing_mm: [number, number]}} Grid */

/** A core is open by a gap of at most so many mm. */
const widest_gap_mm = 6;
/** A core that is open is no larger than this: what is larger may be the blood pool, within scar that goes all round it. */
const largest_open_mm2 = 400;

/**
 * The mask with its holes filled, and its open cores.
 * @param {Rle} rle @param {Grid} grid @returns {Rle}
 */
export function withCoresFilled(rle, grid) {
  const pixels = pixelsOf(withHolesFilled(rle));
  const finest_mm = Math.min(...grid.pixel_spacing_mm);
  // The narrowest gaps first: what closes a wide one would close a small core as well, unseen.
  for (let reach_mm = finest_mm; reach_mm < widest_gap_mm / 2; reach_mm += finest_mm / 2)
    fillOpenCores(pixels, rle.size, grid, reach_mm);
  fillOpenCores(pixels, rle.size, grid, widest_gap_mm / 2);
  return rleOf(pixels, rle.size);
}

function fillOpenCores(pixels, size, { pixel_spacing_mm: [row, column] }, reach_mm) {
  const disc = discOf(reach_mm, row, column);
  const wide = grown(pixels, size, disc);
  const core = new Uint8Array(pixels.length);
  for (const hole of holesOf(wide, size)) for (const at of hole) core[at] = wide[at] = 1;
  const closed = shrunk(wide, size, disc);
  const added = closed.map((value, at) => value & ~pixels[at] & 1);
  const most = largest_open_mm2 / (row * column);
  for (const part of setParts(added, size))
    if (part.length <= most && part.some((at) => core[at])) for (const at of part) pixels[at] = 1;
}

/** The steps from a pixel to those within a radius. @returns {[number, number][]} right, down */
function discOf(radius_mm, row, column) {
  const steps = [];
  const [across, down] = [Math.floor(radius_mm / column), Math.floor(radius_mm / row)];
  for (let x = -across; x <= across; x++)
    for (let y = -down; y <= down; y++)
      if (Math.hypot(x * column, y * row) <= radius_mm) steps.push(/** @type {[number, number]} */ ([x, y]));
  return steps;
}

/** Set what lies within the disc of a set pixel. */
function grown(pixels, [rows, columns], disc) {
  const made = new Uint8Array(pixels.length);
  pixels.forEach((value, at) => {
    if (!value) return;
    const [x, y] = [Math.floor(at / rows), at % rows];
    for (const [right, down] of disc) {
      const [nx, ny] = [x + right, y + down];
      if (nx >= 0 && ny >= 0 && nx < columns && ny < rows) made[nx * rows + ny] = 1;
    }
  });
  return made;
}

/** Unset what lies within the disc of an unset pixel. */
function shrunk(pixels, size, disc) {
  const unset = grown(
    pixels.map((value) => 1 - value),
    size,
    disc,
  );
  return unset.map((value) => 1 - value);
}
