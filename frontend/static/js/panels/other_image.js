/** An image that is looked at beside the slices, and nothing else: scrolled, zoomed, windowed. */

import { find } from "../common/dom.js";
import { number } from "../common/format.js";
import { noticed_after_ms } from "../common/status.js";
import { Viewport } from "../image/viewport.js";
import { Pan } from "../tools/pan.js";
import { Pointer } from "../tools/pointer.js";
import { Tools } from "../tools/tools.js";
import { WindowTool } from "../tools/window.js";
import { Zoom } from "../tools/zoom.js";
import { showSides } from "./annotations.js";

/** @typedef {import("../common/types.js").Schemas["ViewImage"]} ViewImage */

/** A press that moves less is a click. */
const still_px = 4;

/**
 * Events: "open" (other images), "view" (another image, window, zoom or place), "hand" (the reader goes to another one),
 * "toggle" (play, or pause), "point" (a click that dragged nothing; detail: a place in CSS pixels of the window).
 */
export class OtherImage extends EventTarget {
  /** @type {ViewImage[]} */
  images = [];
  index = 0;
  #phases = 1;

  /**
   * @param {HTMLElement} element that is shown @param {import("../tools/presets.js").Habit} habit
   * @param {ViewImage[]} images that are opened first
   */
  constructor(element, habit, images) {
    super();
    this.element = element;
    this.view = new Viewport(find(".other-viewport", element, HTMLDivElement), images, "other");
    const { view } = this;
    const looking = { window: new WindowTool(view), zoom: new Zoom(view), pan: new Pan(view) };
    const tools = new Tools(view, /** @type {any} */ (looking));
    tools.choose("window");
    const pointer = new Pointer(view, tools, habit);
    pointer.addEventListener("scroll", (event) => this.step(/** @type {CustomEvent} */ (event).detail));
    pointer.addEventListener("double", () => view.fit());
    view.addEventListener("view", () => this.#show());
    view.element.addEventListener("keydown", (event) => this.#press(event));
    this.#watchClicks();
  }

  #watchClicks() {
    const { element } = this.view;
    let start = { x: 0, y: 0 };
    element.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => {
      start = { x, y };
    });
    element.addEventListener("click", ({ clientX: x, clientY: y }) => {
      if (Math.hypot(x - start.x, y - start.y) < still_px)
        this.dispatchEvent(new CustomEvent("point", { detail: { x, y } }));
    });
  }

  /**
   * Show these, from one of them on.
   * @param {ViewImage[]} images @param {number} index @param {import("../common/types.js").Box|null} heart to look at closely
   */
  async open(images, index, heart) {
    this.images = images;
    this.#phases = Math.max(...images.map(({ phase }) => phase));
    this.index = index;
    this.dispatchEvent(new Event("open"));
    await this.#bring(index, () => this.view.begin(images, index, { heart }));
  }

  /** @param {number} index the nearest that there is */
  async go(index) {
    const wanted = Math.max(0, Math.min(this.images.length - 1, index));
    if (wanted !== this.index && !this.view.isPressed) await this.#bring(wanted, () => this.view.show(wanted));
  }

  /** Fetch an image, once. @param {number} index */
  async load(index) {
    await this.view.valuesOf(index);
  }

  /** @param {number} by */
  step(by) {
    this.dispatchEvent(new Event("hand"));
    void this.go(this.index + by);
  }

  /** The image on the screen. @returns {ViewImage|null} null where it could not be shown */
  get shown() {
    return this.view.shown === this.index ? this.images[this.index] : null;
  }

  /** @param {number} index @param {() => Promise<void>} bring */
  async #bring(index, bring) {
    this.index = index;
    this.#say("");
    const slow = setTimeout(() => this.#say("Loading"), noticed_after_ms);
    const { images } = this;
    const isMeant = () => this.images === images && this.index === index;
    try {
      await bring();
      if (isMeant()) this.#say("");
    } catch (error) {
      if (isMeant()) this.#say(`Image ${index + 1} cannot be shown: ${error.message}`);
    }
    clearTimeout(slow);
    this.#show();
  }

  /** In place of an image. @param {string} text */
  #say(text) {
    find("[data-other=said]", this.element).textContent = text;
  }

  #show() {
    const put = (name, text) => {
      find(`[data-other="${name}"]`, this.element).textContent = text;
    };
    const { images, index, view } = this;
    const phase = this.#phases > 1 ? `phase ${images[index].phase} of ${this.#phases}` : "";
    put("place", `Image ${index + 1} / ${images.length}`);
    put("phase", phase);
    view.element.classList.toggle("bare", !this.shown);
    view.element.dataset.shown = String(view.shown);
    if (view.window) put("window", `W ${number(view.window.width)}  L ${number(view.window.center)}`);
    if (this.shown) showSides(this.element, this.shown.orientation, view.turn);
    this.dispatchEvent(new Event("view"));
  }

  /** While it has the focus, the keys that go through the slices go through its images, and Space plays them. */
  #press(event) {
    if (event.key === " ") {
      event.preventDefault();
      if (!event.repeat) this.dispatchEvent(new Event("toggle"));
      return;
    }
    const ways = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.#phases,
      ArrowDown: this.#phases,
      Home: -this.images.length,
      End: this.images.length,
    };
    if (!(event.key in ways) || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.step(ways[event.key]);
  }
}
