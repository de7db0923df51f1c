/** Mouse, pen and fingers over the image: they lead the tools, scroll the slices, and zoom. */

import { DoubleClick } from "./double_click.js";
import { Pinch } from "./pinch.js";

/** @typedef {import("./tool.js").Place} Place */

/** PointerEvent.button of the other end of a pen. */
const pen_eraser = 5;
const finger_reach = 2;

/** @param {MouseEvent} event @returns {Place} */
const placeOf = ({ clientX, clientY }) => ({ x: clientX, y: clientY });

/**
 * Events: "hover" (the pointer is elsewhere), "scroll" (detail: by how many slices), "size" (of the brush; detail: factor),
 * "press" (a tool is about to press), "refused" (the tool in hand cannot press), "double" (detail: at, in CSS pixels of the
 * window, and manner; what the first of the two clicks did is not meant).
 */
export class Pointer extends EventTarget {
  #wheel = 0;
  #isSpaceHeld = false;
  /** @type {Place|null} */
  #client = null;
  /** @type {PointerEvent|null} the one that presses; others, such as a palm beside the pen, do not count meanwhile */
  #pressing = null;

  #double = new DoubleClick();

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./tools.js").Tools} tools
   * @param {import("./presets.js").Habit} habit
   */
  constructor(view, tools, habit) {
    super();
    this.view = view;
    this.tools = tools;
    this.habit = habit;
    this.pinch = new Pinch(view);
    const { element } = view;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#cancel(event));
    element.addEventListener("pointerleave", () => this.#hover(null));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("auxclick", (event) => event.preventDefault());
    element.addEventListener("wheel", (event) => this.#turn(event), { passive: false });
    tools.addEventListener("change", () => this.#showCursor());
  }

  /** Space held makes the left button pan. @param {boolean} isHeld */
  holdSpace(isHeld) {
    this.#isSpaceHeld = isHeld;
    this.#showCursor();
  }

  /** Where the pointer is, in corner-based image pixels; null where it is not over the image. */
  get at() {
    return this.#client && this.view.shown >= 0 ? this.view.clientToImage(this.#client.x, this.#client.y) : null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isFinger = event.pointerType === "touch";
    if (isFinger && this.#pressing && this.#pressing.pointerType !== "touch") return;
    if (isFinger && this.pinch.add(event.pointerId, placeOf(event))) {
      if (this.#pressing) this.tools.cancel();
      this.#double.cancel();
      this.#pressing = null;
      return;
    }
    const { element } = this.view;
    const name = this.#toolOf(event);
    const isEraser = event.button === pen_eraser;
    if (event.button > 2 && !isEraser) return;
    const isOpposite = event.altKey || event.ctrlKey || isEraser;
    const reach = isFinger ? finger_reach : 1;
    const press = { at: placeOf(event), manner: { name, drawNew: event.shiftKey, isOpposite, reach } };
    const isHeld =
      event.button === 0 && name === this.tools.chosen && this.#double.press(press, event.timeStamp, isFinger);
    if (!isHeld && !this.#press(press)) return;
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    this.#pressing = event;
    this.#client = press.at;
  }

  /** @param {import("./double_click.js").Press} press @returns {boolean} whether there was something to press on */
  #press({ at, manner }) {
    this.dispatchEvent(new Event("press"));
    const isPressed = this.tools.press(at, manner);
    if (!isPressed && manner.name === this.tools.chosen) this.dispatchEvent(new Event("refused"));
    return isPressed;
  }

  /** @param {{button: number, shiftKey?: boolean}} event @returns {import("./tools.js").ToolName} */
  #toolOf({ button, shiftKey }) {
    if (button === 2) return shiftKey ? this.habit.preset.rightWithShift : this.habit.preset.right;
    return button === 1 || this.#isSpaceHeld ? "pan" : this.tools.chosen;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = placeOf(event);
    if (this.pinch.moveTo(event.pointerId, at)) return;
    if (!this.tools.isPressing && !this.#double.held) {
      this.#hover(at, event.shiftKey);
      return;
    }
    if (this.#pressing?.pointerId !== event.pointerId) return;
    const held = this.#double.move(at);
    if (held) this.#press(held);
    this.#client = at;
    this.tools.move(at, (event.getCoalescedEvents?.() ?? []).map(placeOf));
  }

  #up(event) {
    if (!this.#ended(event)) return;
    const double = this.#double.release();
    if (double) this.dispatchEvent(new CustomEvent("double", { detail: double }));
    else this.tools.release(placeOf(event));
  }

  #cancel(event) {
    if (!this.#ended(event)) return;
    this.#double.cancel();
    this.tools.cancel();
  }

  /** Was it this pointer that pressed? */
  #ended({ pointerId }) {
    this.pinch.remove(pointerId);
    const isPressing = this.#pressing?.pointerId === pointerId;
    if (isPressing) this.#pressing = null;
    return isPressing;
  }

  /** @param {Place|null} at */
  #hover(at, drawNew = false) {
    this.#client = at;
    this.#showCursor(drawNew);
    this.dispatchEvent(new Event("hover"));
  }

  #showCursor(drawNew = false) {
    if (this.view.shown < 0 || this.tools.isPressing) return;
    this.view.element.style.cursor = this.tools.cursor(this.#client, { name: this.#toolOf({ button: 0 }), drawNew });
  }

  /** @param {WheelEvent} event */
  #turn(event) {
    event.preventDefault();
    if (this.tools.isPressing || this.view.shown < 0) return;
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    if (event.ctrlKey || event.metaKey) {
      const factor = Math.exp(-Math.max(-200, Math.min(200, pixels)) / 500);
      if (this.habit.preset.sizesBrushByWheel && this.tools.isBrush)
        this.dispatchEvent(new CustomEvent("size", { detail: factor }));
      else this.view.zoomBy(factor, placeOf(event));
      return;
    }
    // A notch of a wheel is about 100 pixels and one slice; a touchpad's small steps add up to one.
    if (Math.sign(pixels) !== Math.sign(this.#wheel)) this.#wheel = 0;
    this.#wheel += pixels;
    if (Math.abs(this.#wheel) < 50) return;
    this.dispatchEvent(new CustomEvent("scroll", { detail: Math.sign(this.#wheel) }));
    this.#wheel = 0;
  }
}
