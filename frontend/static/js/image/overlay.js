/** What is drawn over the image: the mask's outline and fill, boxes and points. One canvas, one call. */

import { deleteHandleOf, handlesOf } from "../reading/box.js";
import { cleared } from "./canvas.js";
import { edgesOf, outlineOf } from "./outline.js";

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
const box = "#56c8f5";
const positive = "#0b8f6a";
const negative = "#d1490c";
const landmark = "#e6a8ff";

/** Reaches and sizes in CSS pixels at the smallest type size; the page's type size scales them. */
export const sizes = {
  corner: 8,
  handle: 3,
  selectedHandle: 4,
  grabbedHandle: 6,
  point: 8,
  deleteHandle: 9,
  deleteOffset: 14,
};

/** How many times larger than the smallest the page's type is set. */
export const typeScale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;

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

const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

export class Overlay {
  scale = 1;
  /** @type {(x: number, y: number) => DOMPoint} image pixels to CSS pixels of the canvas */
  toScreen = (x, y) => new DOMPoint(x, y);

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = contextOf(canvas);
  }

  /** @param {Scene|null} scene null leaves the image bare */
  draw(scene) {
    cleared(this.canvas);
    if (!scene) return;
    this.scale = typeScale();
    this.toScreen = (x, y) => scene.imageToCanvas.transformPoint({ x, y });
    if (scene.other) this.#dashed(scene.other, scene.imageToCanvas, otherReading, 1.8, otherDash);
    this.#contours(scene);
    if (scene.mask) this.#mask(scene);
    if (scene.noReflow) this.#crossHatched(scene.noReflow, scene);
    // Where the two outlines are one, each shows in the gaps of the other.
    if (scene.other) this.#dashed(scene.other, scene.imageToCanvas, otherReading, 1.8, otherDash, false);
    if (scene.misplaced) this.#dashed(scene.misplaced, scene.imageToCanvas, misplaced, 1.6);
    if (scene.preview) this.#dashed(scene.preview, scene.imageToCanvas, "#ffffff", 1.2);
    if (scene.method) this.#hatched(scene.method, scene);
    for (const region of scene.regions) this.#region(region, scene.imageToCanvas);
    const { boxes, points } = scene.prompt;
    for (const [index, each] of boxes.entries())
      this.#box(each, isIt(scene.selection, "box", index), grabbedOf(scene, "box", index));
    for (const [index, each] of points.entries())
      this.#point(each, isIt(scene.selection, "point", index), grabbedOf(scene, "point", index) !== null);
    for (const outline of scene.sectors) this.#sector(outline);
    for (const mark of scene.landmarks) this.#landmark(mark);
    for (const handle of scene.handles) this.#contourPoint(handle);
    if (scene.brush) this.#brush(scene.brush, scene.imageToCanvas);
    if (scene.crosshair) this.#crosshair(scene.crosshair);
  }

  /** @param {import("../tools/tool.js").Circle} circle @param {DOMMatrix} imageToCanvas */
  #brush({ x, y, across, down, paints }, imageToCanvas) {
    const circle = new Path2D();
    circle.ellipse(x, y, across, down, 0, 0, 2 * Math.PI);
    const path = new Path2D();
    path.addPath(circle, imageToCanvas);
    if (paints) this.#fillWithin(path, paints, imageToCanvas);
    this.#stroke(path, "#ffffff", 1);
  }

  /** What lies within a circle of pixels that can be marked. */
  #fillWithin(circle, pixels, imageToCanvas) {
    const { context } = this;
    const path = new Path2D();
    path.addPath(edgesOf(pixels), imageToCanvas);
    context.save();
    context.clip(circle);
    context.fillStyle = "rgb(255 255 255 / 0.35)";
    context.fill(path, "evenodd");
    context.restore();
  }

  #crosshair(at) {
    const { x, y } = this.toScreen(at.x, at.y);
    const [near, far] = [4 * this.scale, 16 * this.scale];
    const path = new Path2D();
    for (const [dx, dy] of directions) {
      path.moveTo(x + near * dx, y + near * dy);
      path.lineTo(x + far * dx, y + far * dy);
    }
    this.#stroke(path, "#ffffff", 1.4);
  }

  /** The wall's lines, thin and dashed: they lie beneath the scar's. */
  #contours({ contours, contour, imageToCanvas, style }) {
    this.context.globalAlpha = style.opacity;
    for (const { structure, mask } of contours) this.#wall(structure, outlineOf(mask), imageToCanvas, 1.4);
    if (contour) {
      const curve = new Path2D();
      for (const [x, y] of contour.curve) curve.lineTo(x, y);
      curve.closePath();
      this.#wall(contour.structure, curve, imageToCanvas, 1.6);
    }
    this.context.globalAlpha = 1;
  }

  #wall(structure, line, imageToCanvas, width) {
    const path = new Path2D();
    path.addPath(line, imageToCanvas);
    const { colour, dash } = walls[structure];
    this.#stroke(path, colour, width, dash);
  }

  #contourPoint({ x: atX, y: atY, structure, isLit }) {
    const { x, y } = this.toScreen(atX, atY);
    const radius = isLit ? sizes.grabbedHandle : sizes.selectedHandle;
    this.#disc(x, y, radius * this.scale, isLit ? "#ffffff" : walls[structure].colour, "#12181f");
  }

  #mask({ mask, imageToCanvas, style, isExcluded }) {
    const { context } = this;
    const path = new Path2D();
    path.addPath(outlineOf(mask), imageToCanvas);
    context.globalAlpha = style.opacity;
    context.lineJoin = "round";
    if (style.fill && !isExcluded) {
      context.fillStyle = scar;
      context.globalAlpha = style.opacity * 0.45;
      context.fill(path, "evenodd");
      context.globalAlpha = style.opacity;
    }
    if (style.outline || isExcluded) this.#stroke(path, scar, 1.6, isExcluded ? [2, 4] : []);
    context.globalAlpha = 1;
  }

  #dashed(mask, imageToCanvas, colour, width, dash = [3, 3], hasRim = true) {
    const path = new Path2D();
    path.addPath(outlineOf(mask), imageToCanvas);
    this.#stroke(path, colour, width, dash, hasRim);
  }

  /** Told from scar by its hatch and its long dashes too. */
  #hatched(mask, scene) {
    this.#hatch(mask, scene, method, 7, [1], [9, 3, 2, 3]);
  }

  /** Told from scar and from a method by lines both ways and a dotted edge. */
  #crossHatched(mask, scene) {
    this.#hatch(mask, scene, noReflow, 5, [1, -1], [1.5, 2.5]);
  }

  /** Slanted lines so many pixels apart, rising to the right (1) or to the left (-1), within an outline. */
  #hatch(mask, { imageToCanvas, style }, colour, apart, slants, dash) {
    const { context, canvas, scale } = this;
    const path = new Path2D();
    path.addPath(outlineOf(mask), imageToCanvas);
    context.save();
    context.globalAlpha = style.opacity;
    context.save();
    context.clip(path, "evenodd");
    context.beginPath();
    const { clientWidth: width, clientHeight: height } = canvas;
    for (const slant of slants)
      for (let x = -height; x < width; x += apart * scale) {
        context.moveTo(x, slant > 0 ? height : 0);
        context.lineTo(x + height, slant > 0 ? 0 : height);
      }
    context.strokeStyle = colour;
    context.lineWidth = scale;
    context.stroke();
    context.restore();
    this.#stroke(path, colour, 1.4, dash);
    context.restore();
  }

  /** @param {import("../tools/tool.js").PlacedCircle} circle @param {DOMMatrix} imageToCanvas */
  #region({ x, y, across, down, letter }, imageToCanvas) {
    const { context, scale } = this;
    const circle = new Path2D();
    circle.ellipse(x, y, across, down, 0, 0, 2 * Math.PI);
    const path = new Path2D();
    path.addPath(circle, imageToCanvas);
    this.#stroke(path, method, 1.4);
    const at = this.toScreen(x, y);
    context.font = `600 ${12 * scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * scale;
    context.strokeStyle = "rgb(0 0 0 / 0.65)";
    context.strokeText(letter, at.x, at.y);
    context.fillStyle = method;
    context.fillText(letter, at.x, at.y);
  }

  /** A line with a dark rim, to be seen on bright scar and on nulled myocardium alike. */
  #stroke(path, colour, width, dash = [], hasRim = true) {
    const { context, scale } = this;
    context.setLineDash([]);
    context.strokeStyle = "rgb(0 0 0 / 0.65)";
    context.lineWidth = (width + 1.8) * scale;
    if (hasRim) context.stroke(path);
    context.setLineDash(dash.map((length) => length * scale));
    context.strokeStyle = colour;
    context.lineWidth = width * scale;
    context.stroke(path);
    context.setLineDash([]);
  }

  /** @param {import("../tools/targets.js").Target|null} grabbed of this box */
  #box(each, selected, grabbed) {
    const { context, scale, toScreen } = this;
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
    this.#stroke(path, box, (selected ? 2 : 1.4) + (grabbed ? 0.8 : 0), selected || grabbed ? [] : [5, 3]);
    context.lineWidth = scale;
    context.strokeStyle = "#00131c";
    for (const { handle, x, y } of handlesOf(each, toScreen)) {
      const isGrabbed = grabbed?.handle === handle;
      const half = (isGrabbed ? sizes.grabbedHandle : selected ? sizes.selectedHandle : sizes.handle) * scale;
      context.fillStyle = isGrabbed ? "#ffffff" : box;
      context.fillRect(x - half, y - half, 2 * half, 2 * half);
      context.strokeRect(x - half, y - half, 2 * half, 2 * half);
    }
    if (selected) this.#deleteHandle(each, grabbed?.what === "delete");
  }

  #deleteHandle(each, isGrabbed) {
    const { context, scale, canvas, toScreen } = this;
    const bounds = { width: canvas.clientWidth, height: canvas.clientHeight };
    const { x, y } = deleteHandleOf(each, toScreen, bounds, sizes.deleteOffset * scale);
    const arm = 3.2 * scale;
    this.#disc(x, y, sizes.deleteHandle * scale, isGrabbed ? "#a3350a" : "#12181f", box);
    context.beginPath();
    context.moveTo(x - arm, y - arm);
    context.lineTo(x + arm, y + arm);
    context.moveTo(x + arm, y - arm);
    context.lineTo(x - arm, y + arm);
    context.strokeStyle = isGrabbed ? "#ffffff" : box;
    context.lineWidth = 1.6 * scale;
    context.stroke();
  }

  #point(each, selected, isGrabbed) {
    const { context, scale } = this;
    const { x, y } = this.toScreen(each.x, each.y);
    if (selected || isGrabbed)
      this.#disc(x, y, (sizes.point + 3.5) * scale, `rgb(255 255 255 / ${isGrabbed ? 0.5 : 0.25})`, "#ffffff");
    this.#disc(x, y, sizes.point * 0.85 * scale, each.positive ? positive : negative, "#ffffff");
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

  #sector(outline) {
    const path = new Path2D();
    for (const { x, y } of outline.map(([x, y]) => this.toScreen(x, y))) path.lineTo(x, y);
    path.closePath();
    this.#stroke(path, landmark, 1.6);
  }

  /** A ring with its letter; dashed on slices that it was not marked on. */
  #landmark({ x: atX, y: atY, letter, isHere }) {
    const { context, scale } = this;
    const { x, y } = this.toScreen(atX, atY);
    const ring = new Path2D();
    ring.arc(x, y, sizes.point * scale, 0, 2 * Math.PI);
    this.#stroke(ring, landmark, 1.6, isHere ? [] : [2, 3]);
    context.font = `600 ${11 * scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * scale;
    context.strokeStyle = "rgb(0 0 0 / 0.65)";
    context.strokeText(letter, x, y);
    context.fillStyle = landmark;
    context.fillText(letter, x, y);
  }

  #disc(x, y, radius, fill, rim) {
    const { context, scale } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = rim;
    context.lineWidth = 1.3 * scale;
    context.stroke();
  }
}

const isIt = (selection, kind, index) => selection?.kind === kind && selection.index === index;
const grabbedOf = ({ grabbed }, kind, index) => (isIt(grabbed?.selection, kind, index) ? grabbed : null);

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
