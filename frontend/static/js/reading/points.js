/** Points: placed, moved and found under the mouse. */

/** @typedef {import("../common/types.js").Point} Point */

export const isOnImage = ({ x, y }, { columns, rows }) => x >= 0 && y >= 0 && x <= columns && y <= rows;

/** @param {Point} point @returns {Point} the point elsewhere, kept on the image */
export function placed(point, at, { columns, rows }) {
  return { ...point, x: Math.min(columns, Math.max(0, at.x)), y: Math.min(rows, Math.max(0, at.y)) };
}

/** @param {Point[]} points @param {number} reach CSS pixels @returns {number} the index of the nearest, or -1 */
export function pointAt(points, at, toScreen, reach) {
  let nearest = -1;
  let distance = reach;
  points.forEach((point, index) => {
    const { x, y } = toScreen(point.x, point.y);
    const away = Math.hypot(at.x - x, at.y - y);
    if (away <= distance) [nearest, distance] = [index, away];
  });
  return nearest;
}
