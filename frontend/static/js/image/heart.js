/** Where the heart lies in a stack, for looking at it closely. */

import { findVentricles } from "../common/api.js";

/** @typedef {import("../common/types.js").Box} Box */

const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * The left ventricle as the detector sees it on most slices.
 * @param {string} stackId @returns {Promise<Box|null>} null where it was found on none
 */
export async function findHeart(stackId) {
  const { slices } = await findVentricles(stackId);
  const ventricles = slices.flatMap(({ boxes }) => boxes.slice(0, 1));
  if (!ventricles.length) return null;
  const side = (name) => middle(ventricles.map((box) => box[name]));
  return { x0: side("x0"), y0: side("y0"), x1: side("x1"), y1: side("y1") };
}
