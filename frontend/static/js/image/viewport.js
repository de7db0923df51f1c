/** The image: a cornerstone3D stack viewport that shows one of the slices, with a window. */

import { Enums, init, RenderingEngine } from "../../vendor/cornerstone.js";
import { isSameSlice } from "../reading/segments.js";
import { asAcquired, Camera } from "./camera.js";
import { onDensityChange } from "./canvas.js";
import { imageFor, prefetch, provideImages } from "./images.js";
import { hasSameGrid } from "./slices.js";

/** @typedef {import("../common/types.js").Slice} Slice */

/**
 * How the first image is shown: as it was looked at before, else close to the heart, else whole.
 * @typedef {{kept?: import("./kept_view.js").KeptView|null, heart?: import("../common/types.js").Box|null,
 *   window?: {center: number, width: number}|null}} Start
 */

/** How much of the screen the heart takes that is brought close. */
export const heart_share = 0.5;

const { Events, ViewportType } = Enums;

/** Events: "view" (another image, window, zoom or place). */
export class Viewport extends Camera {
  #engine;
  /** @type {string[]} */
  #imageIds = [];
  /** Does the renderer have these images? */
  #isProvided = false;
  #unit = { slope: 1, intercept: 0, asStored: true };
  #wanted = -1;
  /** @type {{center: number, width: number}|null} in rescaled values */
  #window = null;
  /** @type {Slice|undefined} the last one that was on the screen */
  #drawn;
  /** What lies in the middle of the screen, in image pixels. */
  #middle = { x: 0, y: 0 };
  /** @type {Start} */
  #start = {};
  /** @type {import("../common/types.js").Place|null} what is to lie there again once other slices are shown */
  #kept = null;

  /** Which of the slices is on the screen; -1 until the first one is drawn. */
  shown = -1;
  inverted = false;
  /** Does a tool press on the image? The slice stays for so long. */
  isPressed = false;

  /** @param {HTMLDivElement} element @param {Slice[]} slices @param {string} [name] of its renderer */
  constructor(element, slices, name = "reading") {
    fitToPixels(element);
    init(/** @type {any} */ ({ rendering: { webGlContextCount: 1 } }));
    const engine = new RenderingEngine(name);
    engine.enableElement({ viewportId: "slice", type: ViewportType.STACK, element });
    element.tabIndex = 0; // Tab reaches the image, from which the renderer takes that away.
    super(element, engine.getStackViewport("slice"));
    this.#engine = engine;
    this.slices = slices;
    this.#provide();
    for (const name of [Events.IMAGE_RENDERED, Events.CAMERA_MODIFIED])
      element.addEventListener(name, () => this.#changed());
    if (element.parentElement?.parentElement)
      new ResizeObserver(() => this.#resized()).observe(element.parentElement.parentElement);
    onDensityChange(() => this.#resized());
  }

  /** Before anything is shown. @param {Start} start */
  startWith(start) {
    this.#start = start;
    this.#window = start.kept?.window ?? start.window ?? null;
    this.inverted = start.kept?.inverted ?? false;
    this.turn = start.kept?.turn ?? asAcquired;
  }

  /** How the image is looked at now. @returns {import("./kept_view.js").KeptView|null} null before it is shown */
  get looked() {
    if (this.shown < 0 || !this.#window) return null;
    return { ...this.#middle, zoom: this.zoom, window: this.#window, inverted: this.inverted, turn: this.turn };
  }

  #begin() {
    const { kept, heart } = this.#start;
    if (kept) this.look(this.world(kept.x, kept.y), kept.zoom);
    else if (heart) this.frame(heart, heart_share);
    else this.fit();
  }

  #provide() {
    ({ imageIds: this.#imageIds, unit: this.#unit } = provideImages(this.slices));
    this.#isProvided = false;
  }

  #changed() {
    if (this.shown >= 0) {
      const { x, y } = this.middleOfScreen();
      this.#middle = this.clientToImage(x, y);
    }
    this.dispatchEvent(new Event("view"));
  }

  /** What the reader looked at stays in the middle, as large as the new size allows. */
  #resized() {
    if (!this.element.checkVisibility()) return;
    fitToPixels(this.element);
    if (this.shown < 0) return;
    const middle = this.#middle;
    this.#engine.resize();
    this.look(this.world(middle.x, middle.y), this.zoom);
  }

  /**
   * Show other slices from now on, at one of them. What the reader looked at stays in the middle.
   * @param {Slice[]} slices @param {number} index
   */
  replace(slices, index) {
    const drawn = this.#drawn;
    if (drawn) this.#kept ??= this.#middle;
    this.slices = slices;
    this.shown = drawn ? slices.findIndex((slice) => isSameSlice(slice, drawn)) : -1;
    this.#provide();
    return this.show(index);
  }

  /**
   * Show something else, looked at as if nothing had been there.
   * @param {Slice[]} slices @param {number} index @param {Start} [start]
   */
  begin(slices, index, start = {}) {
    this.#drawn = undefined;
    this.#kept = null;
    this.shown = -1;
    this.slices = slices;
    this.startWith(start);
    this.#provide();
    return this.show(index);
  }

  /**
   * Bring a slice on the screen. The last call wins; until its pixels are here the earlier slice stays.
   * @param {number} index
   */
  async show(index) {
    this.#wanted = index;
    const imageIds = this.#imageIds;
    const image = await imageFor(imageIds[index]);
    const isWanted = () => this.#wanted === index && this.#imageIds === imageIds;
    const isOn = this.#isProvided && this.shown === index && this.viewport.getCurrentImageIdIndex() === index;
    if (!isWanted() || isOn) return;
    if (this.#isProvided) await this.viewport.setImageIdIndex(index);
    else {
      this.#isProvided = true;
      await this.viewport.setStack(imageIds, index);
      void prefetch(imageIds, index);
    }
    if (!isWanted()) return;
    this.#window ??= this.headerWindow(index, image);
    const isAlike = hasSameGrid(this.#drawn, this.slices[index]);
    // Its size may have changed until now: drawn at the earlier one, the image would be stretched to this one.
    if (this.shown < 0 && this.element.checkVisibility()) this.#engine.resize();
    this.shown = index;
    const isFirst = this.#drawn === undefined;
    this.#drawn = this.slice;
    this.#applyWindow();
    this.applyTurn();
    if (isFirst) this.#begin();
    else if (!isAlike) this.fit();
    else if (this.#kept) this.look(this.world(this.#kept.x, this.#kept.y), this.zoom);
    else this.#changed();
    this.#kept = null;
  }

  get slice() {
    return this.slices[this.shown];
  }

  /** The header's window of a slice in rescaled values, or its whole range where the header has none. */
  headerWindow(index, image) {
    const { window_center: center, window_width: width } = this.slices[index];
    if (center !== null && width !== null && width > 0) return { center, width };
    const { slope, intercept } = this.#unit;
    return { center: image.windowCenter * slope + intercept, width: image.windowWidth * slope };
  }

  get window() {
    return this.#window;
  }

  #applyWindow() {
    const { slope, intercept } = this.#unit;
    const { center, width } = /** @type {{center: number, width: number}} */ (this.#window);
    const voiRange = {
      lower: (center - width / 2 - intercept) / slope,
      upper: (center + width / 2 - intercept) / slope,
    };
    const isWhiteLow = this.slice.photometric_interpretation === "MONOCHROME1";
    this.viewport.setProperties({ voiRange, invert: this.inverted !== isWhiteLow });
    this.viewport.render();
  }

  /** Widen and shift the window by a drag of (dx, dy) CSS pixels: right is more width, down is more brightness. */
  dragWindow(dx, dy) {
    if (!this.#window) return;
    const { center, width } = this.#window;
    this.#window = {
      center: center - (dy * width) / 300,
      width: Math.max(this.#unit.slope, width * Math.exp(dx / 250)),
    };
    this.#applyWindow();
  }

  /** The window that the slice's header asks for. */
  async resetWindow() {
    this.setWindow(this.headerWindow(this.shown, await imageFor(this.#imageIds[this.shown])));
  }

  /** @param {{center: number, width: number}} window in rescaled values */
  setWindow(window) {
    this.#window = window;
    this.#applyWindow();
  }

  /** The values of a slice as they are drawn, fetched where they are not here yet. @param {number} index */
  async valuesOf(index) {
    return (await imageFor(this.#imageIds[index])).getPixelData();
  }

  /** From black to white in drawn values; high is below low where the image is inverted. @param {Slice} slice */
  greysOf(slice) {
    if (!this.#window) return null;
    const { slope, intercept } = this.#unit;
    const { center, width } = this.#window;
    const [low, high] = [center - width / 2, center + width / 2].map((value) => (value - intercept) / slope);
    const isWhiteLow = slice.photometric_interpretation === "MONOCHROME1";
    return this.inverted !== isWhiteLow ? { low: high, high: low } : { low, high };
  }

  invert() {
    this.inverted = !this.inverted;
    this.#applyWindow();
  }
}

/** Keep the frame around the image on whole CSS pixels: browsers draw a canvas there in any case. */
function fitToPixels(element) {
  const frame = element.parentElement;
  const { left, top, right, bottom } = frame.parentElement.getBoundingClientRect();
  const [x, y] = [Math.ceil(left), Math.ceil(top)];
  const box = { left: x - left, top: y - top, width: Math.floor(right) - x, height: Math.floor(bottom) - y };
  for (const [side, pixels] of Object.entries(box)) frame.style[side] = `${pixels}px`;
}
