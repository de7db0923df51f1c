/** Which image of another stack belongs to a slice: by where both lie in the patient, or by their way from base to apex. */

import { areParallel, distance_mm, height_mm, runAlike } from "./cut.js";

/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {[number, number]} Range the first and the last image, by their indexes */

/** Positions that differ by less are one. */
const same_mm = 0.5;

/**
 * Of images along a slice, the one nearest to it, and of those of one position the one nearest to a phase.
 * @param {(Slice & {phase: number})[]} images @param {Slice} slice in the same frame of reference @param {number} phase
 * @returns {number|null} its index; null where the images do not lie along the slice
 */
export function nearestAlong(images, slice, phase) {
  if (!areParallel(images[0], slice)) return null;
  const mm = images.map((image) => distance_mm(image, slice));
  const nearest_mm = Math.min(...mm);
  const phases = images.map((image, at) =>
    mm[at] < nearest_mm + same_mm ? Math.abs(image.phase - phase) : Number.POSITIVE_INFINITY,
  );
  return phases.indexOf(Math.min(...phases));
}

/**
 * The image of another study that is as far on its way through the ventricle; their frames of reference tell nothing of
 * each other, but which way each stack runs through the patient does.
 * @param {number} index of a slice among these @param {Slice[]} slices @param {Slice[]} others
 * @param {Range} [range] the slices of the ventricle @param {Range} [otherRange]
 * @returns {number} its index
 */
export function alikeOf(index, slices, others, range = whole(slices), otherRange = whole(others)) {
  const [at, otherAt] = [slices, others].map((images) => images.map((image) => height_mm(image, images[0])));
  const way = at[range[1]] - at[range[0]];
  const share = way === 0 ? 0.5 : (at[index] - at[range[0]]) / way;
  const [from, to] = runAlike(slices, others) ? otherRange : [otherRange[1], otherRange[0]];
  const wanted = otherAt[from] + share * (otherAt[to] - otherAt[from]);
  return nearestOf(otherAt.map((mm) => Math.abs(mm - wanted)));
}

/** @param {Slice[]} images @returns {Range} */
const whole = (images) => [0, images.length - 1];

/** @param {number[]} distances @returns {number} the index of the least */
const nearestOf = (distances) => distances.indexOf(Math.min(...distances));

/**
 * The slices that have the ventricle's contour and count.
 * @param {ReadSlice[]} slices @returns {Range|null} null of fewer than two
 */
export function ventricleRange(slices) {
  const has = slices.flatMap((slice, at) =>
    slice.state !== "excluded" && slice.segments.left_ventricle?.mask ? [at] : [],
  );
  return has.length > 1 ? [has[0], has[has.length - 1]] : null;
}

/**
 * The line that a place lies on.
 * @param {({from: Place, to: Place}|null)[]} lines @param {Place} at @param {number} reach how far beside it is on it
 * @returns {number} its index, -1 where there is none
 */
export function lineAt(lines, at, reach) {
  const far = lines.map((line) => (line ? awayFrom(line, at) : Number.POSITIVE_INFINITY));
  const nearest = nearestOf(far);
  return far[nearest] <= reach ? nearest : -1;
}

/** @param {{from: Place, to: Place}} line @param {Place} at */
function awayFrom({ from, to }, at) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((at.x - from.x) * dx + (at.y - from.y) * dy) / (dx ** 2 + dy ** 2);
  const within = Math.max(0, Math.min(1, along));
  return Math.hypot(from.x + within * dx - at.x, from.y + within * dy - at.y);
}
