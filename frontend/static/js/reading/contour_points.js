/** Points on a closed contour that a reader takes hold of: one is moved, added or taken away, and what lies beyond its neighbours stays. */

import { apart_mm, evenly, inside } from "./contour.js";

/** @typedef {import("../image/outline.js").Vertex} Vertex @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("./mask_edge.js").Grid} Grid */

/** Points that a contour has before a reader adds any. */
const usual = 14;
/** A closed curve needs so many. */
export const fewest = 3;

/** @param {Vertex[]} curve @returns {Vertex[]} so many points evenly round it */
export const usualPoints = (curve) => evenly(curve, usual);

/**
 * Where points lie on a curve, in order round it.
 * @param {Vertex[]} curve @param {Vertex[]} points near it @param {Grid} grid @returns {number[]} places among its vertices, each once
 */
export function placesOf(curve, points, grid) {
  const nearest = points.map((point) => {
    const away = curve.map((vertex) => apart_mm(vertex, point, grid));
    return away.indexOf(Math.min(...away));
  });
  return [...new Set(nearest)].sort((a, b) => a - b);
}

/**
 * One point moved; between it and its neighbours the curve follows as a cubic, whose slope changes at none of the three.
 * @param {Vertex[]} curve @param {number[]} places of its points @param {number} which of them @param {Place} by in pixels
 * @param {Grid} grid @returns {Vertex[]}
 */
export function bent(curve, places, which, by, grid) {
  const after = [...curve];
  const { length } = places;
  const [before, point, next] = [-1, 0, 1].map((step) => places[(which + step + length) % length]);
  for (const stretch of [between(curve, before, point), between(curve, point, next).reverse()]) {
    const along = alongOf(
      stretch.map((at) => curve[at]),
      grid,
    );
    for (const [step, at] of stretch.entries()) {
      const part = along[step] / along[along.length - 1];
      const share = part * part * (3 - 2 * part);
      after[at] = inside([curve[at][0] + share * by.x, curve[at][1] + share * by.y], grid);
    }
  }
  return after;
}

/**
 * One point taken away: from the neighbour before it to the one after it the curve goes as through the points that are left,
 * a Catmull-Rom spline whose knots are as far apart as its points.
 * @param {Vertex[]} curve @param {number[]} places of its points, more than the fewest @param {number} which of them
 * @param {Grid} grid @returns {Vertex[]}
 */
export function withoutPoint(curve, places, which, grid) {
  const left = places.toSpliced(which, 1);
  const { length } = left;
  const at = (step) => left[(which + step + length) % length];
  const [p0, p1, p2, p3] = [at(-2), at(-1), at(0), at(1)].map((place) => curve[place]);
  const stretch = between(curve, at(-1), at(0));
  const span = apart_mm(p1, p2, grid);
  const slopes = [slope(p0, p1, p2, grid), slope(p1, p2, p3, grid)];
  const along = alongOf(
    stretch.map((place) => curve[place]),
    grid,
  );
  const after = [...curve];
  for (const [step, place] of stretch.entries()) {
    const t = along[step] / along[along.length - 1];
    const axis = (each) => hermite(p1[each], span * slopes[0][each], p2[each], span * slopes[1][each], t);
    after[place] = inside([axis(0), axis(1)], grid);
  }
  return after;
}

/** The places from one vertex on to another, both with them. @param {Vertex[]} curve @param {number} from @param {number} to */
function between({ length }, from, to) {
  const count = ((to - from + length) % length) + 1;
  return Array.from({ length: count }, (_, step) => (from + step) % length);
}

/** How far along each vertex lies, in mm. @param {Vertex[]} vertices @param {Grid} grid @returns {number[]} */
function alongOf(vertices, grid) {
  const along = [0];
  for (let at = 1; at < vertices.length; at++)
    along.push(along[at - 1] + apart_mm(vertices[at - 1], vertices[at], grid));
  return along;
}

/** Of the parabola through three points, at the middle one; pixels a mm. @returns {[number, number]} */
function slope(before, at, after, grid) {
  const [back, on] = [apart_mm(before, at, grid), apart_mm(at, after, grid)];
  const axis = (each) =>
    (((at[each] - before[each]) / back) * on + ((after[each] - at[each]) / on) * back) / (back + on);
  return [axis(0), axis(1)];
}

const hermite = (p1, m1, p2, m2, t) =>
  (1 + 2 * t) * (1 - t) ** 2 * p1 + t * (1 - t) ** 2 * m1 + t * t * (3 - 2 * t) * p2 + t * t * (t - 1) * m2;
