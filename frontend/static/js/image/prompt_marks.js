/** Boxes and points of a prompt, with the handles that they are taken by. */

import { deleteHandleOf, handlesOf } from "../reading/box.js";
import { sizes } from "./pen.js";

/** @typedef {import("./pen.js").Pen} Pen */

const box = "#56c8f5";
const positive = "#0b8f6a";
const negative = "#d1490c";

/** @param {Pen} pen @param {import("./overlay.js").Scene} scene */
export function drawPrompt(pen, { prompt, selection, grabbed }) {
  const isSelected = (kind, index) => isIt(selection, kind, index);
  const grabbedOf = (kind, index) => (isIt(grabbed?.selection, kind, index) ? grabbed : null);
  for (const [index, each] of prompt.boxes.entries())
    drawBox(pen, each, isSelected("box", index), grabbedOf("box", index));
  for (const [index, each] of prompt.points.entries())
    drawPoint(pen, each, isSelected("point", index), grabbedOf("point", index) !== null);
}

const isIt = (selection, kind, index) => selection?.kind === kind && selection.index === index;

/** @param {import("../tools/targets.js").Target|null} grabbed of this box */
function drawBox(pen, each, selected, grabbed) {
  const { context, scale, toScreen } = pen;
  const corners = [
    [each.x0, each.y0],
    [each.x1, each.y0],
    [each.x1, each.y1],
    [each.x0, each.y1],
  ];
  const path = new Path2D();
  const screen = corners.map(([x, y]) => toScreen(x, y));
  for (const { x, y } of screen) path.lineTo(x, y);
  path.closePath();
  pen.stroke(path, box, (selected ? 2 : 1.4) + (grabbed ? 0.8 : 0), selected || grabbed ? [] : [5, 3]);
  context.lineWidth = scale;
  context.strokeStyle = "#00131c";
  for (const { handle, x, y } of handlesOf(each, toScreen)) {
    const isGrabbed = grabbed?.handle === handle;
    const half = (isGrabbed ? sizes.grabbedHandle : selected ? sizes.selectedHandle : sizes.handle) * scale;
    context.fillStyle = isGrabbed ? "#ffffff" : box;
    context.fillRect(x - half, y - half, 2 * half, 2 * half);
    context.strokeRect(x - half, y - half, 2 * half, 2 * half);
  }
  if (selected) drawDeleteHandle(pen, each, grabbed?.what === "delete");
}

function drawDeleteHandle(pen, each, isGrabbed) {
  const { context, scale, canvas, toScreen } = pen;
  const bounds = { width: canvas.clientWidth, height: canvas.clientHeight };
  const { x, y } = deleteHandleOf(each, toScreen, bounds, sizes.deleteOffset * scale);
  const arm = 3.2 * scale;
  pen.disc(x, y, sizes.deleteHandle * scale, isGrabbed ? "#a3350a" : "#12181f", box);
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.strokeStyle = isGrabbed ? "#ffffff" : box;
  context.lineWidth = 1.6 * scale;
  context.stroke();
}

function drawPoint(pen, each, selected, isGrabbed) {
  const { context, scale } = pen;
  const { x, y } = pen.toScreen(each.x, each.y);
  if (selected || isGrabbed)
    pen.disc(x, y, (sizes.point + 3.5) * scale, `rgb(255 255 255 / ${isGrabbed ? 0.5 : 0.25})`, "#ffffff");
  pen.disc(x, y, sizes.point * 0.85 * scale, each.positive ? positive : negative, "#ffffff");
  const arm = 3.4 * scale;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (each.positive) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.8 * scale;
  context.stroke();
}
