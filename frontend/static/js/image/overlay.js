/** What is drawn over the image: the mask's outline and fill, boxes and points. One canvas, one call. */

import { cleared } from "./canvas.js";
import { edgesOf, outlineOf } from "./outline.js";
import { contextOf, Pen, sizes } from "./pen.js";
import { drawPrompt } from "./prompt_marks.js";

/** Colours told apart by readers with any colour vision, and by shape besides. */
const scar = "#ffc233";
const misplaced = "#ff9a57";
const method = "#f0a3d8";
const noReflow = "#bdeeff";
const otherReading = "#c7a6ff";
const otherDash = [9, 5];
/** Colour and dash of each line of the wall. */
const walls = {
  left_ventricle: { colour: "#c9b3ff", dash: [7, 3] },
  blood_pool: { colour: "#ff9fc4", dash: [2, 3] },
};
const landmark = "#e6a8ff";

/**
 * @typedef {object} Scene
 * @property {DOMMatrix} imageToCanvas
 * @property {import("../common/types.js").Rle|null} mask
 * @property {import("../common/types.js").Rle|null} noReflow the dark core of the scar: cross-hatched
 * @property {import("../common/types.js").Rle|null} misplaced the parts of the mask that lie where no scar is: dashed
 * @property {import("../common/types.js").Rle|null} other what another reading has there, in long dashes
 * @property {{structure: "left_ventricle"|"blood_pool", mask: import("../common/types.js").Rle}[]} contours of the wall
 * @property {import("../tools/drawing.js").Contour|null} contour the one that is pulled
 * @property {import("../common/types.js").Rle|null} preview what a click would make of the mask
 * @property {import("../common/types.js").Rle|null} method the mask of the reference method that is chosen: hatched
 * @property {import("../tools/tool.js").PlacedCircle[]} regions that were placed for methods
 * @property {boolean} isExcluded the slice does not count: its mask is dashed
 * @property {import("../common/types.js").Prompt} prompt
 * @property {import("../common/types.js").Selection} selection
 * @property {import("../tools/targets.js").Target|null} grabbed what a drag would take along
 * @property {{fill: boolean, outline: boolean, opacity: number}} style
 * @property {import("../tools/tool.js").Circle|null} brush its circle
 * @property {import("../tools/contour.js").Handle[]} handles points of the contour that is taken
 * @property {{x: number, y: number}|null} crosshair in image pixels
 * @property {import("../reading/landmarks.js").Mark[]} landmarks
 * @property {[number, number][][]} sectors outlines in image pixels of segments that are pointed at
 */

const directions = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];

export class Overlay {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
  }

  /** @param {Scene|null} scene null leaves the image bare */
  draw(scene) {
    cleared(this.canvas);
    if (!scene) return;
    const pen = new Pen(this.canvas, scene.imageToCanvas);
    if (scene.other) pen.dashed(scene.other, otherReading, 1.8, otherDash);
    drawContours(pen, scene);
    if (scene.mask) drawMask(pen, scene);
    // Told from scar and from a method by lines both ways and a dotted edge.
    if (scene.noReflow) pen.hatched(scene.noReflow, scene.style.opacity, noReflow, 5, [1, -1], [1.5, 2.5]);
    // Where the two outlines are one, each shows in the gaps of the other.
    if (scene.other) pen.dashed(scene.other, otherReading, 1.8, otherDash, false);
    if (scene.misplaced) pen.dashed(scene.misplaced, misplaced, 1.6);
    if (scene.preview) pen.dashed(scene.preview, "#ffffff", 1.2);
    // Told from scar by its hatch and its long dashes too.
    if (scene.method) pen.hatched(scene.method, scene.style.opacity, method, 7, [1], [9, 3, 2, 3]);
    for (const region of scene.regions) drawRegion(pen, region);
    drawPrompt(pen, scene);
    for (const outline of scene.sectors) drawSector(pen, outline);
    for (const mark of scene.landmarks) drawLandmark(pen, mark);
    for (const handle of scene.handles) drawContourPoint(pen, handle);
    if (scene.brush) drawBrush(pen, scene.brush);
    if (scene.crosshair) drawCrosshair(pen, scene.crosshair);
  }
}

/** @param {Pen} pen @param {import("../tools/tool.js").Circle} circle */
function drawBrush(pen, { x, y, across, down, paints }) {
  const path = pen.placed(ellipse(x, y, across, down));
  if (paints) fillWithin(pen, path, paints);
  pen.stroke(path, "#ffffff", 1);
}

function ellipse(x, y, across, down) {
  const path = new Path2D();
  path.ellipse(x, y, across, down, 0, 0, 2 * Math.PI);
  return path;
}

/** What lies within a circle of pixels that can be marked. */
function fillWithin({ context, placed }, circle, pixels) {
  context.save();
  context.clip(circle);
  context.fillStyle = "rgb(255 255 255 / 0.35)";
  context.fill(placed(edgesOf(pixels)), "evenodd");
  context.restore();
}

function drawCrosshair(pen, at) {
  const { x, y } = pen.toScreen(at.x, at.y);
  const [near, far] = [4 * pen.scale, 16 * pen.scale];
  const path = new Path2D();
  for (const [dx, dy] of directions) {
    path.moveTo(x + near * dx, y + near * dy);
    path.lineTo(x + far * dx, y + far * dy);
  }
  pen.stroke(path, "#ffffff", 1.4);
}

/** The wall's lines, thin and dashed: they lie beneath the scar's. */
function drawContours(pen, { contours, contour, style }) {
  pen.context.globalAlpha = style.opacity;
  for (const { structure, mask } of contours) drawWall(pen, structure, outlineOf(mask), 1.4);
  if (contour) {
    const curve = new Path2D();
    for (const [x, y] of contour.curve) curve.lineTo(x, y);
    curve.closePath();
    drawWall(pen, contour.structure, curve, 1.6);
  }
  pen.context.globalAlpha = 1;
}

function drawWall(pen, structure, line, width) {
  const { colour, dash } = walls[structure];
  pen.stroke(pen.placed(line), colour, width, dash);
}

function drawContourPoint(pen, { x: atX, y: atY, structure, isLit }) {
  const { x, y } = pen.toScreen(atX, atY);
  const radius = isLit ? sizes.grabbedHandle : sizes.selectedHandle;
  pen.disc(x, y, radius * pen.scale, isLit ? "#ffffff" : walls[structure].colour, "#12181f");
}

function drawMask(pen, { mask, style, isExcluded }) {
  const { context } = pen;
  const path = pen.placed(outlineOf(mask));
  context.globalAlpha = style.opacity;
  context.lineJoin = "round";
  if (style.fill && !isExcluded) {
    context.fillStyle = scar;
    context.globalAlpha = style.opacity * 0.45;
    context.fill(path, "evenodd");
    context.globalAlpha = style.opacity;
  }
  if (style.outline || isExcluded) pen.stroke(path, scar, 1.6, isExcluded ? [2, 4] : []);
  context.globalAlpha = 1;
}

/** @param {Pen} pen @param {import("../tools/tool.js").PlacedCircle} circle */
function drawRegion(pen, { x, y, across, down, letter }) {
  pen.stroke(pen.placed(ellipse(x, y, across, down)), method, 1.4);
  const at = pen.toScreen(x, y);
  pen.letter(letter, at.x, at.y, method, 12);
}

function drawSector(pen, outline) {
  const path = new Path2D();
  for (const { x, y } of outline.map(([x, y]) => pen.toScreen(x, y))) path.lineTo(x, y);
  path.closePath();
  pen.stroke(path, landmark, 1.6);
}

/** A ring with its letter; dashed on slices that it was not marked on. */
function drawLandmark(pen, { x: atX, y: atY, letter, isHere }) {
  const { x, y } = pen.toScreen(atX, atY);
  const ring = new Path2D();
  ring.arc(x, y, sizes.point * pen.scale, 0, 2 * Math.PI);
  pen.stroke(ring, landmark, 1.6, isHere ? [] : [2, 3]);
  pen.letter(letter, x, y, landmark);
}

/**
 * Draw only a mask, stretched over a small canvas: the strip's thumbnails.
 * @param {HTMLCanvasElement} canvas @param {import("../common/types.js").Rle|null} mask
 * @param {{fill: boolean, outline: boolean, strength?: number}} look
 * @param {{scale: number, left: number, top: number}} view how many times larger than whole, and the whole picture's
 * upper left corner in parts of the canvas
 */
export function drawThumbnailMask(canvas, mask, { fill, outline, strength = 0.45 }, { scale, left, top }) {
  const context = contextOf(canvas);
  const [width, height] = [canvas.clientWidth * 2, canvas.clientHeight * 2];
  Object.assign(canvas, { width, height });
  if (!mask) return;
  const path = new Path2D();
  const [x, y] = [(scale * width) / mask.size[1], (scale * height) / mask.size[0]];
  path.addPath(outlineOf(mask), new DOMMatrix([x, 0, 0, y, left * width, top * height]));
  context.fillStyle = context.strokeStyle = scar;
  context.lineWidth = 3;
  if (outline) context.stroke(path);
  context.globalAlpha = strength;
  if (fill) context.fill(path, "evenodd");
}
