/** The tools led by keys: arrows move a crosshair over the image, Space presses there and lets go. */

import { isKeyFor } from "../common/dom.js";
import { showMessage } from "../common/status.js";

/** @typedef {import("./tool.js").Place} Place */

/** @type {Record<string, [number, number]>} */
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const far_pixels = 10;

/** Events: "change". */
export class Crosshair extends EventTarget {
  /** @type {Place|null} in corner-based image pixels; null while it is off */
  at = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./tools.js").Tools} tools
   * @param {import("./pointer.js").Pointer} pointer
   */
  constructor(view, tools, pointer) {
    super();
    this.view = view;
    this.tools = tools;
    this.pointer = pointer;
    // Before the page's commands, whose arrow keys change the slice.
    window.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    view.element.addEventListener("pointerdown", () => this.at && this.toggle(), { capture: true });
  }

  toggle() {
    const { view } = this;
    if (view.shown < 0) return;
    if (this.at) {
      this.tools.cancel();
      this.at = null;
    } else {
      const { x: left, y: top } = view.middleOfScreen();
      const { x, y } = this.pointer.at ?? view.clientToImage(left, top);
      this.#moveTo(Math.floor(x) + 0.5, Math.floor(y) + 0.5);
      view.element.focus({ preventScroll: true });
      showMessage("Arrows move the crosshair (Shift: further), Space presses and lets go, Esc ends.");
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isElsewhere = isKeyFor(event, "input, select, textarea, button, a, summary, dialog");
    if (!this.at || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow) this.#step(this.at, arrow, event.shiftKey ? far_pixels : 1);
    else if (event.key === " ") event.repeat || this.#press(this.at, event.shiftKey);
    else if (event.key === "Escape") this.tools.cancel() || this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Place} at @param {[number, number]} direction @param {number} pixels */
  #step({ x, y }, [dx, dy], pixels) {
    this.tools.move(this.#moveTo(x + dx * pixels, y + dy * pixels));
    this.#changed();
  }

  /** @param {Place} at @param {boolean} drawNew */
  #press({ x, y }, drawNew) {
    const client = this.view.imageToClient(x, y);
    if (this.tools.isPressing) this.tools.release(client);
    else this.tools.press(client, { drawNew });
    this.#changed();
  }

  /**
   * Within the image; the view follows where it would leave the screen.
   * @param {number} x @param {number} y @returns {Place} in CSS pixels of the window
   */
  #moveTo(x, y) {
    const { view } = this;
    const { rows, columns } = view.slice;
    this.at = { x: Math.max(0.5, Math.min(columns - 0.5, x)), y: Math.max(0.5, Math.min(rows - 0.5, y)) };
    const { left, top, right, bottom } = view.element.getBoundingClientRect();
    const client = view.imageToClient(this.at.x, this.at.y);
    const beyond = (value, low, high) => Math.min(0, value - low) + Math.max(0, value - high);
    const [across, down] = [beyond(client.x, left, right), beyond(client.y, top, bottom)];
    if (across || down) view.panBy(-across, -down);
    return view.imageToClient(this.at.x, this.at.y);
  }
}
