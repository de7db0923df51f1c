/** Canvases over an image. */

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} empty, to be drawn on in CSS pixels */
export function cleared(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { clientWidth, clientHeight } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, clientWidth, clientHeight);
  return context;
}

const line = "#d3b6ff";

/**
 * A thin line where another plane cuts the image, with a dark rim.
 * @param {HTMLCanvasElement} canvas @param {import("./cut.js").Cut|null} cut
 * @param {import("./viewport.js").Viewport} view on which it lies
 */
export function drawCut(canvas, cut, view) {
  const context = cleared(canvas);
  if (!cut) return;
  const toScreen = view.imageToCanvas();
  const [from, to] = [cut.from, cut.to].map((at) => toScreen.transformPoint(at));
  for (const [colour, width] of /** @type {[string, number][]} */ ([
    ["rgb(0 0 0 / 0.55)", 2.6],
    [line, 1],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
}
