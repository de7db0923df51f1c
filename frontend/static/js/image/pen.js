/** Lines, discs and letters over the image, each to be seen on bright scar and on nulled myocardium alike. */

import { outlineOf } from "./outline.js";

/** @typedef {import("../common/types.js").Rle} Rle */

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

/** @param {HTMLCanvasElement} canvas */
export const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

const rim = "rgb(0 0 0 / 0.65)";

export class Pen {
  scale = typeScale();

  /** @param {HTMLCanvasElement} canvas @param {DOMMatrix} imageToCanvas image pixels to CSS pixels of the canvas */
  constructor(canvas, imageToCanvas) {
    this.canvas = canvas;
    this.context = contextOf(canvas);
    this.imageToCanvas = imageToCanvas;
  }

  /** @param {number} x in image pixels @param {number} y */
  toScreen = (x, y) => this.imageToCanvas.transformPoint({ x, y });

  /** @param {Path2D} path in image pixels @returns {Path2D} in CSS pixels of the canvas */
  placed = (path) => {
    const onScreen = new Path2D();
    onScreen.addPath(path, this.imageToCanvas);
    return onScreen;
  };

  /** A line with a dark rim, to be seen on bright scar and on nulled myocardium alike. */
  stroke(path, colour, width, dash = [], hasRim = true) {
    const { context, scale } = this;
    context.setLineDash([]);
    context.strokeStyle = rim;
    context.lineWidth = (width + 1.8) * scale;
    if (hasRim) context.stroke(path);
    context.setLineDash(dash.map((length) => length * scale));
    context.strokeStyle = colour;
    context.lineWidth = width * scale;
    context.stroke(path);
    context.setLineDash([]);
  }

  /** The outline of a mask. @param {Rle} mask @param {string} colour @param {number} width */
  dashed(mask, colour, width, dash = [3, 3], hasRim = true) {
    this.stroke(this.placed(outlineOf(mask)), colour, width, dash, hasRim);
  }

  /** Slanted lines so many pixels apart, rising to the right (1) or to the left (-1), within an outline. */
  hatched(mask, opacity, colour, apart, slants, dash) {
    const { context, canvas, scale } = this;
    const path = this.placed(outlineOf(mask));
    context.save();
    context.globalAlpha = opacity;
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
    this.stroke(path, colour, 1.4, dash);
    context.restore();
  }

  /** @param {number} x in CSS pixels of the canvas @param {number} y @param {number} radius @param {string} fill @param {string} edge */
  disc(x, y, radius, fill, edge) {
    const { context, scale } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = edge;
    context.lineWidth = 1.3 * scale;
    context.stroke();
  }

  /** @param {string} text @param {number} x in CSS pixels of the canvas @param {number} y @param {string} colour */
  letter(text, x, y, colour, size = 11) {
    const { context, scale } = this;
    context.font = `600 ${size * scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * scale;
    context.strokeStyle = rim;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }
}
