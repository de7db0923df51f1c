/** How an image lies on the screen: its zoom and place, and image pixels to CSS pixels and back. */

import { getShouldUseCPURendering } from "../../vendor/cornerstone.js";

/** @typedef {import("../common/types.js").Place} Place @typedef {import("../common/types.js").Box} Box */

/** @typedef {import("@cornerstonejs/core").Types.Point3} Point3 */

/** @param {Point3} point @param {Point3} more @param {Point3} less @returns {Point3} point + more - less */
const plus = (point, more, less) => [
  point[0] + more[0] - less[0],
  point[1] + more[1] - less[1],
  point[2] + more[2] - less[2],
];

/** How an image lies against how it was acquired: mirrored left to right first, then turned clockwise. */
export const asAcquired = { quarters: 0, mirrored: false };

/** Cornerstone's world is the slice laid flat at the origin, in mm: see images.js. */
export class Camera extends EventTarget {
  /** How many times larger than fitted. */
  zoom = 1;
  turn = asAcquired;

  /** @param {HTMLElement} element @param {import("@cornerstonejs/core").Types.IStackViewport} viewport of cornerstone, on it */
  constructor(element, viewport) {
    super();
    this.element = element;
    this.viewport = viewport;
  }

  /** @returns {import("../common/types.js").Slice} the slice on the screen */
  get slice() {
    throw new Error("A viewport has the slice.");
  }

  get #cornerstone() {
    return /** @type {{focalPoint: Point3, position: Point3}} */ (this.viewport.getCamera());
  }

  /** Zoom by a factor with the image pixel under the client position staying there; by default the middle. */
  zoomBy(factor, client = this.middleOfScreen()) {
    const before = this.#worldAt(client);
    this.look(this.#cornerstone.focalPoint, this.zoom * factor);
    this.#shift(before, this.#worldAt(client));
  }

  panBy(dx, dy) {
    const { x, y } = this.middleOfScreen();
    this.#shift(this.#worldAt({ x, y }), this.#worldAt({ x: x + dx, y: y + dy }));
  }

  fit() {
    const { rows, columns } = this.slice;
    this.look(this.world(columns / 2, rows / 2), 1);
  }

  /** Bring a box of the image to the middle, filling so much of the viewport. */
  frame({ x0, y0, x1, y1 }, share) {
    const [rowSpacing, columnSpacing] = this.slice.pixel_spacing_mm;
    const zoom = (share * this.#fitting((x1 - x0) * columnSpacing, (y1 - y0) * rowSpacing)) / this.#fittingAll();
    this.look(this.world((x0 + x1) / 2, (y0 + y1) / 2), zoom);
  }

  /** Turn the image on the screen clockwise. @param {number} quarters of a full turn */
  rotate(quarters) {
    this.#lie({ ...this.turn, quarters: (this.turn.quarters + quarters + 4) % 4 });
  }

  /** Mirror the image on the screen, left to right or top to bottom. @param {"across"|"down"} way */
  mirror(way) {
    const { quarters, mirrored } = this.turn;
    this.#lie({ quarters: ((way === "down" ? 6 : 4) - quarters) % 4, mirrored: !mirrored });
  }

  /** As acquired. */
  upright() {
    this.#lie(asAcquired);
  }

  /** @param {{quarters: number, mirrored: boolean}} turn what lies in the middle stays there */
  #lie(turn) {
    const { focalPoint } = this.#cornerstone;
    this.turn = turn;
    this.applyTurn();
    this.look(focalPoint, this.zoom);
  }

  /** A renderer that got its first image, or other images, has them as acquired. */
  applyTurn() {
    const { quarters, mirrored } = this.turn;
    const { flipHorizontal } = this.viewport.getCamera();
    if (Boolean(flipHorizontal) !== mirrored) this.viewport.setCamera({ flipHorizontal: mirrored });
    this.viewport.setViewPresentation({ rotation: quarters * 90 });
  }

  /** CSS pixels per mm at which so many mm of the image as acquired just fit. */
  #fitting(width_mm, height_mm) {
    if (this.turn.quarters % 2) [width_mm, height_mm] = [height_mm, width_mm];
    return Math.min(this.element.clientWidth / width_mm, this.element.clientHeight / height_mm);
  }

  #fittingAll() {
    const {
      rows,
      columns,
      pixel_spacing_mm: [rowSpacing, columnSpacing],
    } = this.slice;
    return this.#fitting(columns * columnSpacing, rows * rowSpacing);
  }

  /** Bring the world point that is at `there` to where `here` is. */
  #shift(here, there) {
    this.look(plus(this.#cornerstone.focalPoint, here, there), this.zoom);
  }

  /** Look straight at a world point, so many times larger than fitted. */
  look(focalPoint, zoom) {
    this.zoom = Math.min(32, Math.max(0.5, zoom));
    const pixels_per_mm = this.#fittingAll() * this.zoom;
    if (getShouldUseCPURendering()) {
      // Its parallelScale takes rows and columns for equally far apart; its scale is that of the closer ones.
      this.viewport.setCamera({ focalPoint, scale: pixels_per_mm * Math.min(...this.slice.pixel_spacing_mm) });
    } else {
      const before = this.#cornerstone;
      const position = plus(before.position, focalPoint, before.focalPoint);
      this.viewport.setCamera({
        focalPoint,
        position,
        parallelScale: this.element.clientHeight / pixels_per_mm / 2,
      });
    }
    this.viewport.render();
  }

  #worldAt({ x, y }) {
    const { left, top } = this.element.getBoundingClientRect();
    return this.viewport.canvasToWorld([x - left, y - top]);
  }

  middleOfScreen() {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  /** Corner-based image pixels to the renderer's world, in mm. @returns {Point3} */
  world(x, y) {
    // World origin is the first pixel's centre; the CPU renderer draws the first pixel's corner there instead.
    const centre = getShouldUseCPURendering() ? 0 : 0.5;
    const [rowSpacing, columnSpacing] = this.slice.pixel_spacing_mm;
    return [(x - centre) * columnSpacing, (y - centre) * rowSpacing, 0];
  }

  /** Corner-based image pixels to CSS pixels of the viewport, from where three image points lie. */
  imageToCanvas() {
    const { rows, columns } = this.slice;
    const [origin, right, down] = [
      [0, 0],
      [columns, 0],
      [0, rows],
    ].map(([x, y]) => this.viewport.worldToCanvas(this.world(x, y)));
    return new DOMMatrix([
      (right[0] - origin[0]) / columns,
      (right[1] - origin[1]) / columns,
      (down[0] - origin[0]) / rows,
      (down[1] - origin[1]) / rows,
      origin[0],
      origin[1],
    ]);
  }

  imageToClient(x, y) {
    const { left, top } = this.element.getBoundingClientRect();
    const point = this.imageToCanvas().transformPoint({ x, y });
    return { x: point.x + left, y: point.y + top };
  }

  clientToImage(clientX, clientY) {
    const { left, top } = this.element.getBoundingClientRect();
    const point = this.imageToCanvas()
      .inverse()
      .transformPoint({ x: clientX - left, y: clientY - top });
    return { x: point.x, y: point.y };
  }
}
