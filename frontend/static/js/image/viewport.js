/** The image: a cornerstone3D stack viewport with window, zoom and pan, and where its pixels lie on the screen. */

import { Enums, RenderingEngine, getShouldUseCPURendering, init } from "../../vendor/cornerstone.js";
import { hasSameGrid, imageFor, prefetch, provideImages } from "./images.js";

const { Events, ViewportType } = Enums;

export class Viewport extends EventTarget {
  #viewport;
  #engine;
  #imageIds;
  #unit;
  #wanted = -1;
  #window = null;
  #middle = null;

  /** The slice on the screen; -1 until the first one is drawn. */
  shown = -1;
  inverted = false;
  /** How many times larger than fitted. */
  zoom = 1;

  /** @param {HTMLElement} element @param {import("../common/types.js").Stack} stack */
  constructor(element, stack) {
    super();
    this.element = element;
    this.stack = stack;
    this.#snap();
    init({ rendering: { webGlContextCount: 1 } });
    ({ imageIds: this.#imageIds, unit: this.#unit } = provideImages(stack));
    this.#engine = new RenderingEngine("reading");
    this.#engine.enableElement({ viewportId: "slice", type: ViewportType.STACK, element });
    this.#viewport = this.#engine.getViewport("slice");
    for (const name of [Events.IMAGE_RENDERED, Events.CAMERA_MODIFIED])
      element.addEventListener(name, () => this.#changed());
    new ResizeObserver(() => this.#resized()).observe(element.parentElement.parentElement);
  }

  #changed() {
    if (this.shown >= 0) {
      const { x, y } = this.#middleOfScreen();
      this.#middle = this.clientToImage(x, y);
    }
    this.dispatchEvent(new Event("view"));
  }

  /** Keep the frame around the image on whole CSS pixels: browsers draw a canvas there, whatever its layout says. */
  #snap() {
    const frame = this.element.parentElement;
    const { left, top, right, bottom } = frame.parentElement.getBoundingClientRect();
    const [x, y] = [Math.ceil(left), Math.ceil(top)];
    const box = { left: x - left, top: y - top, width: Math.floor(right) - x, height: Math.floor(bottom) - y };
    for (const [side, pixels] of Object.entries(box)) frame.style[side] = `${pixels}px`;
  }

  /** What the reader looked at stays in the middle, as large as the new size allows. */
  #resized() {
    this.#snap();
    if (this.shown < 0) return;
    const middle = this.#middle;
    this.#engine.resize(true, false);
    this.#look(this.#world(middle.x, middle.y), this.zoom);
  }

  /** Bring a slice on the screen. The newest wish wins; until its pixels are here the earlier slice stays. */
  async show(index) {
    this.#wanted = index;
    const image = await imageFor(this.#imageIds[index]);
    const isOn = this.shown === index && this.#viewport.getCurrentImageIdIndex() === index;
    if (this.#wanted !== index || isOn) return;
    if (this.shown < 0) {
      await this.#viewport.setStack(this.#imageIds, index);
      this.#window = this.headerWindow(index, image);
      void prefetch(this.#imageIds, index);
    } else {
      await this.#viewport.setImageIdIndex(index);
    }
    if (this.#viewport.getCurrentImageIdIndex() !== index) return;
    const isAlike = hasSameGrid(this.slice, this.stack.slices[index]);
    this.shown = index;
    this.#applyWindow();
    if (isAlike) this.#changed();
    else this.fit();
  }

  get slice() {
    return this.stack.slices[this.shown];
  }

  /** The header's window of a slice in rescaled values, or its whole range where the header has none. */
  headerWindow(index, image) {
    const { window_center: center, window_width: width } = this.stack.slices[index];
    if (center !== null && width > 0) return { center, width };
    const { slope, intercept } = this.#unit;
    return { center: image.windowCenter * slope + intercept, width: image.windowWidth * slope };
  }

  get window() {
    return this.#window;
  }

  #applyWindow() {
    const { slope, intercept } = this.#unit;
    const { center, width } = this.#window;
    const voiRange = {
      lower: (center - width / 2 - intercept) / slope,
      upper: (center + width / 2 - intercept) / slope,
    };
    const isWhiteLow = this.slice.photometric_interpretation === "MONOCHROME1";
    this.#viewport.setProperties({ voiRange, invert: this.inverted !== isWhiteLow });
    this.#viewport.render();
  }

  /** Widen and shift the window by a drag of (dx, dy) CSS pixels: right is more width, down is more brightness. */
  dragWindow(dx, dy) {
    const step = this.#window.width / 300;
    this.#window = {
      center: this.#window.center - dy * step,
      width: Math.max(this.#unit.slope, this.#window.width * Math.exp(dx / 250)),
    };
    this.#applyWindow();
  }

  async resetWindow() {
    this.#window = this.headerWindow(this.shown, await imageFor(this.#imageIds[this.shown]));
    this.#applyWindow();
  }

  invert() {
    this.inverted = !this.inverted;
    this.#applyWindow();
  }

  /** Zoom by a factor with the image pixel under the client position staying there; by default the middle. */
  zoomBy(factor, client = this.#middleOfScreen()) {
    const before = this.#worldAt(client);
    this.#look(this.#viewport.getCamera().focalPoint, this.zoom * factor);
    this.#shift(before, this.#worldAt(client));
  }

  panBy(dx, dy) {
    const { x, y } = this.#middleOfScreen();
    this.#shift(this.#worldAt({ x, y }), this.#worldAt({ x: x + dx, y: y + dy }));
  }

  fit() {
    const { rows, columns } = this.slice;
    this.#look(this.#world(columns / 2, rows / 2), 1);
  }

  /** Bring a box of the image to the middle, filling so much of the viewport. */
  frame({ x0, y0, x1, y1 }, share) {
    const [rowSpacing, columnSpacing] = this.slice.pixel_spacing_mm;
    const zoom = (share * this.#fitting((x1 - x0) * columnSpacing, (y1 - y0) * rowSpacing)) / this.#fittingAll();
    this.#look(this.#world((x0 + x1) / 2, (y0 + y1) / 2), zoom);
  }

  /** CSS pixels per mm at which so many mm just fit. */
  #fitting(width_mm, height_mm) {
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
    const { focalPoint } = this.#viewport.getCamera();
    this.#look(
      focalPoint.map((value, axis) => value + here[axis] - there[axis]),
      this.zoom,
    );
  }

  /** Look straight at a world point, so many times larger than fitted. */
  #look(focalPoint, zoom) {
    this.zoom = Math.min(32, Math.max(0.5, zoom));
    const pixels_per_mm = this.#fittingAll() * this.zoom;
    if (getShouldUseCPURendering()) {
      // Its parallelScale takes rows and columns for equally far apart; its scale is that of the closer ones.
      this.#viewport.setCamera({ focalPoint, scale: pixels_per_mm * Math.min(...this.slice.pixel_spacing_mm) });
    } else {
      const camera = this.#viewport.getCamera();
      const position = camera.position.map((value, axis) => value + focalPoint[axis] - camera.focalPoint[axis]);
      this.#viewport.setCamera({
        focalPoint,
        position,
        parallelScale: this.element.clientHeight / pixels_per_mm / 2,
      });
    }
    this.#viewport.render();
  }

  #worldAt({ x, y }) {
    const { left, top } = this.element.getBoundingClientRect();
    return this.#viewport.canvasToWorld([x - left, y - top]);
  }

  #middleOfScreen() {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  /** Corner-based image pixels to the renderer's world, in mm. */
  #world(x, y) {
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
    ].map(([x, y]) => this.#viewport.worldToCanvas(this.#world(x, y)));
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
