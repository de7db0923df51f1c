/** Mouse, pen and fingers over the image: they lead the hand, scroll the slices, and zoom. */

import { cursorOf } from "../reading/box.js";
import { Pinch } from "./pinch.js";

/** PointerEvent.button of the other end of a pen. */
const pen_eraser = 5;
/** A finger is less exact than a mouse. */
const finger_reach = 2;

const cursors = { delete: "pointer", point: "move", inside: "move", image: "crosshair" };
const placeOf = ({ clientX, clientY }) => ({ x: clientX, y: clientY });

export class Pointer {
  #wheel = 0;
  #space = false;
  #client = null;
  /** The pointer that presses; others, such as a palm beside the pen, do not count meanwhile. @type {PointerEvent|null} */
  #pressing = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./prompt_tool.js").Hand} hand
   * @param {{scroll: (step: number) => void, hover: () => void}} page
   */
  constructor(view, hand, page) {
    Object.assign(this, { view, hand, page });
    const { element } = view;
    this.pinch = new Pinch(view);
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#cancel(event));
    element.addEventListener("pointerleave", () => {
      this.#client = null;
      this.page.hover();
    });
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("auxclick", (event) => event.preventDefault());
    element.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
  }

  /** Space held makes the left button pan. */
  holdSpace(held) {
    this.#space = held;
    this.showCursor();
  }

  showCursor() {
    const idle = this.hand.action === "draw" ? "crosshair" : "none";
    if (!this.hand.isDragging) this.view.element.style.cursor = this.#space ? "grab" : idle;
  }

  /** Where the pointer is, in corner-based image pixels; null where it is not over the image. */
  get at() {
    return this.#client && this.view.shown >= 0 ? this.view.clientToImage(this.#client.x, this.#client.y) : null;
  }

  #down(event) {
    const isFinger = event.pointerType === "touch";
    if (isFinger && this.#pressing && this.#pressing.pointerType !== "touch") return;
    if (isFinger && this.pinch.add(event.pointerId, placeOf(event))) {
      if (this.#pressing) this.hand.abandon();
      this.#pressing = null;
      return;
    }
    const { element } = this.view;
    const action = this.#actionOf(event);
    const isMark = action === this.hand.action;
    const isEraser = event.button === pen_eraser;
    if (isMark && event.button !== 0 && !isEraser) return;
    const isOpposite = event.altKey || event.ctrlKey || isEraser;
    const reach = isFinger ? finger_reach : 1;
    if (!this.hand.press(placeOf(event), { action, drawNew: event.shiftKey, isOpposite, reach })) return;
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    this.#pressing = event;
    this.#client = placeOf(event);
  }

  #actionOf({ button }) {
    if (button === 2) return "window";
    if (button === 1 || this.#space) return "pan";
    return this.hand.action;
  }

  #move(event) {
    if (this.pinch.moveTo(event.pointerId, placeOf(event))) return;
    if (this.hand.isDragging && this.#pressing?.pointerId !== event.pointerId) return;
    this.#client = placeOf(event);
    if (this.hand.isDragging) this.hand.moveTo(this.#client, (event.getCoalescedEvents?.() ?? []).map(placeOf));
    else this.#hover(event.shiftKey);
  }

  #up(event) {
    if (this.#ended(event)) this.hand.release(placeOf(event));
  }

  #cancel(event) {
    if (this.#ended(event)) this.hand.abandon();
  }

  /** Was it this pointer that pressed? */
  #ended({ pointerId }) {
    this.pinch.remove(pointerId);
    const isPressing = this.#pressing?.pointerId === pointerId;
    if (isPressing) this.#pressing = null;
    return isPressing;
  }

  #hover(drawNew) {
    if (this.view.shown < 0) return;
    const { style } = this.view.element;
    if (this.#space || !this.hand.page.canDraw()) {
      style.cursor = this.#space ? "grab" : "default";
      return;
    }
    this.page.hover();
    if (this.hand.action === "paint") {
      style.cursor = "none";
      return;
    }
    const under = this.hand.under(this.#client, drawNew);
    style.cursor = cursors[under.what] ?? cursorOf(under.handle);
  }

  #turn(event) {
    event.preventDefault();
    if (this.hand.isDragging || this.view.shown < 0) return;
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    if (event.ctrlKey || event.metaKey) {
      this.view.zoomBy(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 500), placeOf(event));
      return;
    }
    // A notch of a wheel is about 100 pixels and one slice; a touchpad's small steps add up to one.
    if (Math.sign(pixels) !== Math.sign(this.#wheel)) this.#wheel = 0;
    this.#wheel += pixels;
    if (Math.abs(this.#wheel) < 50) return;
    this.page.scroll(Math.sign(this.#wheel));
    this.#wheel = 0;
  }
}
