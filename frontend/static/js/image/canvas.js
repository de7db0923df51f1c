/** Canvases over an image, and the pixels of the screen that they are drawn in. */

/** The browser's zoom and another screen change how many pixels a CSS pixel has, and perhaps no size. @param {() => void} act */
export function onDensityChange(act) {
  const changed = () => {
    act();
    onDensityChange(act);
  };
  matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", changed, { once: true });
}

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

/** @typedef {{from: DOMPoint, to: DOMPoint}} Line in CSS pixels of its canvas */

/**
 * Where other planes cut an image, as lines on the screen.
 * @param {(import("./cut.js").Cut|null)[]} cuts @param {import("./viewport.js").Viewport} view on which they lie
 * @returns {(Line|null)[]}
 */
export function linesOf(cuts, view) {
  const toScreen = view.imageToCanvas();
  return cuts.map((cut) => cut && { from: toScreen.transformPoint(cut.from), to: toScreen.transformPoint(cut.to) });
}

/**
 * A thin line where another plane cuts the image, with a dark rim; where further ones would, faint ones.
 * @param {HTMLCanvasElement} canvas @param {Line|null} cut @param {(Line|null)[]} further
 */
export function drawCuts(canvas, cut, further = []) {
  const context = cleared(canvas);
  context.globalAlpha = 0.4;
  for (const one of further) if (one) stroke(context, one, line, 1);
  context.globalAlpha = 1;
  if (!cut) return;
  stroke(context, cut, "rgb(0 0 0 / 0.55)", 2.6);
  stroke(context, cut, line, 1);
}

/** @param {CanvasRenderingContext2D} context @param {Line} at @param {string} colour @param {number} width */
function stroke(context, { from, to }, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}
