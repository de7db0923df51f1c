/** Random masks, boxes and places that are the same at every run: what the laws are held against. */

import { rleOf } from "../../frontend/static/js/reading/mask.js";

export const grid = { rows: 12, columns: 16, pixel_spacing_mm: [1.4, 1.1] };

/** Numbers between 0 and 1 (mulberry32). @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Hold a law against so many random cases. @param {number} count @param {(next: () => number) => void} check */
export function each(count, check) {
  for (let seed = 1; seed <= count; seed++) check(random(seed));
}

/** @param {number} count @param {(next: () => number) => Promise<void>} check */
export async function eachInTurn(count, check) {
  for (let seed = 1; seed <= count; seed++) await check(random(seed));
}

export const oneOf = (next, choices) => choices[Math.floor(next() * choices.length)];
export const placeOn = (next) => ({ x: next() * grid.columns, y: next() * grid.rows });
export const randomMask = (next) =>
  rleOf(
    Uint8Array.from({ length: grid.rows * grid.columns }, () => Number(next() < 0.35)),
    [grid.rows, grid.columns],
  );

/** At least two pixels wide and high. */
export function randomBox(next) {
  const [x0, y0] = [next() * (grid.columns - 2), next() * (grid.rows - 2)];
  const [x1, y1] = [x0 + 2 + next() * (grid.columns - x0 - 2), y0 + 2 + next() * (grid.rows - y0 - 2)];
  return { x0, y0, x1, y1 };
}
export const randomPoint = (next) => ({ ...placeOn(next), positive: next() < 0.5 });
export const randomPrompt = (next) => ({
  boxes: Array.from({ length: Math.floor(next() * 4) }, () => randomBox(next)),
  points: Array.from({ length: Math.floor(next() * 4) }, () => randomPoint(next)),
});
