/** The mouse on the image: what the reader's hand does becomes a prompt, a window, a zoom or a pan. */

import { boxBetween, cursorOf, isDrawn, moved, resized } from "./box.js";
import { isOnImage, placed } from "./points.js";
import { targetAt } from "./targets.js";

/** @typedef {import("./shapes.js").Prompt} Prompt @typedef {{kind: "box"|"point", index: number}|null} Selection */

/** A press that travels less than this many CSS pixels is a click. */
const travel = 4;

/**
 * What the pointer needs of the page.
 * @typedef {object} Page
 * @property {() => boolean} canDraw
 * @property {() => Prompt} prompt the prompt of the slice on the screen
 * @property {() => Selection} selection
 * @property {() => boolean} isNegative is the page's point control on "not scar"?
 * @property {(selection: Selection) => void} select
 * @property {(prompt: Prompt|null, selection: Selection) => void} preview while the button is held
 * @property {(prompt: Prompt, selection: Selection) => void} commit when it is let go
 * @property {(step: number) => void} scroll
 * @property {() => "prompt"|"brush"|"eraser"} tool
 * @property {(at: {x: number, y: number}, isNew: boolean, erases: boolean) => void} paint
 * @property {() => void} painted when the brush is lifted
 * @property {() => void} abandonPainting
 * @property {() => void} hover
 */

const withBox = (prompt, index, box) => ({ ...prompt, boxes: prompt.boxes.with(index, box) });
const withPoint = (prompt, index, point) => ({ ...prompt, points: prompt.points.with(index, point) });
const withNewBox = (prompt, box) => ({ ...prompt, boxes: [...prompt.boxes, box] });

/** @param {Prompt} prompt @param {Selection} selection @returns {Prompt} the prompt less the selected part */
export function without(prompt, selection) {
  const list = selection.kind === "box" ? "boxes" : "points";
  return { ...prompt, [list]: prompt[list].toSpliced(selection.index, 1) };
}

export class Pointer {
  #drag = null;
  #wheel = 0;
  #space = false;
  #client = null;

  /** @param {import("./viewport.js").Viewport} view @param {Page} page */
  constructor(view, page) {
    this.view = view;
    this.page = page;
    const { element } = view;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", () => this.abandon());
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
    const idle = this.page.tool() === "prompt" ? "crosshair" : "none";
    if (!this.#drag) this.view.element.style.cursor = this.#space ? "grab" : idle;
  }

  /** Where the pointer is, in corner-based image pixels; null where it is not over the image. */
  get at() {
    return this.#client && this.view.shown >= 0 ? this.view.clientToImage(this.#client.x, this.#client.y) : null;
  }

  get isDragging() {
    return this.#drag !== null;
  }

  abandon() {
    if (!this.#drag) return false;
    const { action } = this.#drag;
    this.#drag = null;
    if (action === "paint") this.page.abandonPainting();
    else this.page.preview(null, this.page.selection());
    return true;
  }

  #extent() {
    const { columns, rows } = this.view.slice;
    return { columns, rows };
  }

  #under(at, drawNew) {
    return targetAt(this.view, this.page.prompt(), this.page.selection(), at, drawNew);
  }

  #down(event) {
    if (this.#drag || this.view.shown < 0) return;
    const at = { x: event.clientX, y: event.clientY };
    const action = this.#actionOf(event);
    const marks = action === "draw" || action === "paint";
    if (marks && (event.button !== 0 || !this.page.canDraw())) return;
    event.preventDefault();
    this.view.element.focus({ preventScroll: true });
    this.view.element.setPointerCapture(event.pointerId);
    const under = action === "draw" ? this.#under(at, event.shiftKey) : null;
    this.#drag = {
      action,
      under,
      at,
      last: at,
      travelled: false,
      from: this.view.clientToImage(at.x, at.y),
      prompt: this.page.prompt(),
      negative: event.altKey || event.ctrlKey || this.page.isNegative(),
    };
    if (under?.what === "point" || under?.what === "handle") this.page.select(under.selection);
    this.#client = at;
    if (action === "paint") this.page.paint(this.#drag.from, true, this.#erases(event));
  }

  /** The other end of a pen, Alt and Ctrl erase. */
  #erases(event) {
    return this.page.tool() === "eraser" || event.altKey || event.ctrlKey || (event.buttons & 32) !== 0;
  }

  #actionOf({ button }) {
    if (button === 2) return "window";
    if (button === 1 || this.#space) return "pan";
    return this.page.tool() === "prompt" ? "draw" : "paint";
  }

  #move(event) {
    const at = { x: event.clientX, y: event.clientY };
    const drag = this.#drag;
    this.#client = at;
    if (!drag) return this.#hover(at, event.shiftKey);
    if (drag.action === "paint") {
      for (const each of event.getCoalescedEvents?.() ?? []) this.#paintTo(each);
      return this.#paintTo(event);
    }
    const [dx, dy] = [at.x - drag.last.x, at.y - drag.last.y];
    drag.last = at;
    if (drag.action === "window") return this.view.dragWindow(dx, dy);
    if (drag.action === "pan") return this.view.panBy(dx, dy);
    if (drag.under.what === "delete") return undefined;
    drag.travelled ||= Math.hypot(at.x - drag.at.x, at.y - drag.at.y) >= travel;
    if (!drag.travelled) return undefined;
    const { prompt, selection } = this.#dragged(drag, at);
    return this.page.preview(prompt, selection);
  }

  #paintTo({ clientX, clientY }) {
    this.page.paint(this.view.clientToImage(clientX, clientY), false);
  }

  /** The prompt as the drag leaves it. */
  #dragged({ under, from, prompt }, client) {
    const at = this.view.clientToImage(client.x, client.y);
    const extent = this.#extent();
    const { selection } = under;
    if (under.what === "point")
      return {
        selection,
        prompt: withPoint(prompt, selection.index, placed(prompt.points[selection.index], at, extent)),
      };
    if (under.what === "handle")
      return {
        selection,
        prompt: withBox(prompt, selection.index, resized(prompt.boxes[selection.index], under.handle, at, extent)),
      };
    if (under.what === "inside")
      return {
        selection,
        prompt: withBox(
          prompt,
          selection.index,
          moved(prompt.boxes[selection.index], at.x - from.x, at.y - from.y, extent),
        ),
      };
    return {
      selection: { kind: "box", index: prompt.boxes.length },
      prompt: withNewBox(prompt, boxBetween(from, at, extent)),
    };
  }

  #up(event) {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    if (drag.action === "paint") this.page.painted();
    if (drag.action !== "draw") return;
    if (drag.travelled) this.#letGo(drag, { x: event.clientX, y: event.clientY });
    else this.#clicked(drag);
  }

  #letGo(drag, at) {
    const { prompt, selection } = this.#dragged(drag, at);
    const isSlip = selection?.kind === "box" && !isDrawn(prompt.boxes[selection.index]);
    if (isSlip) this.page.preview(null, this.page.selection());
    else this.page.commit(prompt, selection);
  }

  #clicked({ under, from, prompt, negative }) {
    if (under.what === "delete") return this.page.commit(without(prompt, under.selection), null);
    if (under.what === "point" || under.what === "handle") return undefined;
    if (!isOnImage(from, this.#extent())) return this.page.select(null);
    const points = [...prompt.points, { ...from, positive: !negative }];
    return this.page.commit({ ...prompt, points }, { kind: "point", index: points.length - 1 });
  }

  #hover(at, drawNew) {
    if (this.view.shown < 0) return;
    const { element } = this.view;
    if (this.#space || !this.page.canDraw()) {
      element.style.cursor = this.#space ? "grab" : "default";
      return;
    }
    this.page.hover();
    if (this.page.tool() !== "prompt") {
      element.style.cursor = "none";
      return;
    }
    const under = this.#under(at, drawNew);
    element.style.cursor =
      { delete: "pointer", point: "move", inside: "move", image: "crosshair" }[under.what] ??
      cursorOf(under.handle);
  }

  #turn(event) {
    event.preventDefault();
    if (this.#drag || this.view.shown < 0) return;
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1);
    if (event.ctrlKey || event.metaKey) {
      this.view.zoomBy(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 500), {
        x: event.clientX,
        y: event.clientY,
      });
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
