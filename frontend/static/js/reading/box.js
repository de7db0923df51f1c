/** Boxes: drawn, resized, moved and found under the mouse. Pure arithmetic on corner-based image pixels. */

/** @typedef {import("../common/types.js").Box} Box */
/** @typedef {import("../common/types.js").Place} Place @typedef {{columns: number, rows: number}} Extent */
/** @typedef {"x0"|"x1"|"y0"|"y1"|"x0y0"|"x0y1"|"x1y0"|"x1y1"} Handle the sides a drag takes along */

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const smallest = 1;

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {Extent} extent @returns {Box} */
export function boxBetween(a, b, { columns, rows }) {
  const [ax, bx] = [clamp(a.x, 0, columns), clamp(b.x, 0, columns)];
  const [ay, by] = [clamp(a.y, 0, rows), clamp(b.y, 0, rows)];
  return { x0: Math.min(ax, bx), y0: Math.min(ay, by), x1: Math.max(ax, bx), y1: Math.max(ay, by) };
}

/** Is the box at least a pixel wide and high? Anything less was not meant. */
export const isDrawn = (box) => box.x1 - box.x0 >= smallest && box.y1 - box.y0 >= smallest;

/** @param {Box} box @param {Handle} handle @param {Place} at @param {Extent} extent @returns {Box} */
export function resized(box, handle, at, extent) {
  const sides = { ...box };
  for (const side of ["x0", "x1", "y0", "y1"]) if (handle.includes(side)) sides[side] = at[side[0]];
  return boxBetween({ x: sides.x0, y: sides.y0 }, { x: sides.x1, y: sides.y1 }, extent);
}

/** @param {Box} box @param {number} dx @param {number} dy @param {Extent} extent @returns {Box} the box shifted, and stopped at the image's edge */
export function moved(box, dx, dy, { columns, rows }) {
  const x = clamp(dx, -box.x0, columns - box.x1);
  const y = clamp(dy, -box.y0, rows - box.y1);
  return { x0: box.x0 + x, y0: box.y0 + y, x1: box.x1 + x, y1: box.y1 + y };
}

export const holds = (box, { x, y }) => x >= box.x0 && x <= box.x1 && y >= box.y0 && y <= box.y1;

/** @type {Handle[]} clockwise from the upper left one */
const corners = ["x0y0", "x1y0", "x1y1", "x0y1"];
/** @type {Handle[]} each from the corner of its index to the next one */
const edges = ["y0", "x1", "y1", "x0"];

/** An edge shorter than this many CSS pixels has no handle in its middle. */
const shortest_edge = 40;
/** No handle reaches farther than this share of the box's shorter side: a small box can still be clicked in. */
const widest_reach = 0.2;
const least_reach = 3;

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/**
 * The handles of a box and where they are on the screen: its corners, and the middles of edges that are long enough.
 * @param {Box} box @param {(x: number, y: number) => Place} toScreen @returns {{handle: Handle, x: number, y: number}[]}
 */
export function handlesOf(box, toScreen) {
  const places = corners.map((corner) => toScreen(box[corner.slice(0, 2)], box[corner.slice(2)]));
  const handles = places.map(({ x, y }, index) => ({ handle: corners[index], x, y }));
  places.forEach((from, index) => {
    const to = places[(index + 1) % 4];
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    if (distance(from, to) >= shortest_edge) handles.push({ handle: edges[index], ...middle });
  });
  return handles;
}

/**
 * The handle of a box within reach of a screen position, the nearest one. Its lines are no handles.
 * @param {Box} box @param {Place} at @param {(x: number, y: number) => Place} toScreen @param {number} reach CSS pixels
 * @returns {Handle|null}
 */
export function handleAt(box, at, toScreen, reach) {
  const handles = handlesOf(box, toScreen);
  const side = Math.min(distance(handles[0], handles[1]), distance(handles[1], handles[2]));
  const near = Math.min(reach, Math.max(least_reach, widest_reach * side));
  const nearest = handles.reduce((a, b) => (distance(at, b) < distance(at, a) ? b : a));
  return distance(at, nearest) <= near ? nearest.handle : null;
}

/** Where the box's delete handle sits on the screen: off its upper right corner, but never off the canvas. */
export function deleteHandleOf(box, toScreen, { width, height }, offset) {
  const corners = [
    toScreen(box.x0, box.y0),
    toScreen(box.x1, box.y0),
    toScreen(box.x1, box.y1),
    toScreen(box.x0, box.y1),
  ];
  return {
    x: clamp(Math.max(...corners.map(({ x }) => x)) + offset, offset, width - offset),
    y: clamp(Math.min(...corners.map(({ y }) => y)) - offset, offset, height - offset),
  };
}

export const cursorOf = (handle) =>
  ({
    x0: "ew-resize",
    x1: "ew-resize",
    y0: "ns-resize",
    y1: "ns-resize",
    x0y0: "nwse-resize",
    x1y1: "nwse-resize",
  })[handle] ?? "nesw-resize";
