/** What lies under the pointer: a delete handle, a point, a box's handle, the selected box's inside, or the image. */

import { sizes, typeScale } from "../image/pen.js";
import { deleteHandleOf, handleAt, holds } from "../reading/box.js";
import { pointAt } from "../reading/points.js";

/** @typedef {import("../common/types.js").Selection} Selection */
/**
 * @typedef {object} Target
 * @property {"delete"|"point"|"handle"|"inside"|"image"} what
 * @property {Selection} selection the part of the prompt that it belongs to, null on the bare image
 * @property {import("../reading/box.js").Handle} [handle] of that box
 */

/**
 * @param {import("../image/viewport.js").Viewport} view @param {import("../common/types.js").Prompt} prompt
 * @param {Selection} selection @param {{x: number, y: number}} at client position
 * @param {boolean} drawNew boxes do not count: a new one is about to be drawn there
 * @param {number} reach how many times farther than a mouse's
 * @returns {Target}
 */
export function targetAt(view, { boxes, points }, selection, at, drawNew, reach) {
  const scale = typeScale() * reach;
  const toScreen = (x, y) => view.imageToClient(x, y);
  const chosen = selection?.kind === "box" ? boxes[selection.index] : undefined;
  if (chosen && isOnDeleteHandle(view, chosen, at, reach)) return { what: "delete", selection };
  const point = pointAt(points, at, toScreen, sizes.point * 1.2 * scale);
  if (point >= 0) return { what: "point", selection: { kind: "point", index: point } };
  if (drawNew) return { what: "image", selection: null };
  const inOrder = boxes.map((_, index) => index).reverse();
  if (chosen && selection) inOrder.unshift(selection.index);
  for (const index of inOrder) {
    const handle = handleAt(boxes[index], at, toScreen, sizes.corner * scale);
    if (handle) return { what: "handle", handle, selection: { kind: "box", index } };
  }
  if (chosen && holds(chosen, view.clientToImage(at.x, at.y))) return { what: "inside", selection };
  return { what: "image", selection: null };
}

function isOnDeleteHandle(view, box, at, reach) {
  const scale = typeScale();
  const { left, top, width, height } = view.element.getBoundingClientRect();
  const onCanvas = (x, y) => view.imageToCanvas().transformPoint({ x, y });
  const handle = deleteHandleOf(box, onCanvas, { width, height }, sizes.deleteOffset * scale);
  return Math.hypot(at.x - left - handle.x, at.y - top - handle.y) <= sizes.deleteHandle * 1.2 * scale * reach;
}
