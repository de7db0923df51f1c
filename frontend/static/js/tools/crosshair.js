/** The hand led by keys: arrows move a crosshair over the image, Space presses there and lets go. */

import { say } from "../common/status.js";

const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const far_pixels = 10;

export class Crosshair {
  /** In corner-based image pixels; null while it is off. @type {{x: number, y: number}|null} */
  at = null;

  /** @param {import("../pages/reading.js").ReadingPage} page */
  constructor(page) {
    this.page = page;
    // Before the page's commands, whose arrow keys change the slice.
    window.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    page.element.addEventListener("pointerdown", () => this.at && this.toggle(), { capture: true });
  }

  toggle() {
    const { view, hand, pointer } = this.page;
    if (view.shown < 0) return;
    if (this.at) {
      hand.abandon();
      this.at = null;
    } else {
      const { left, top, width, height } = view.element.getBoundingClientRect();
      const { x, y } = pointer.at ?? view.clientToImage(left + width / 2, top + height / 2);
      this.#moveTo(Math.floor(x) + 0.5, Math.floor(y) + 0.5);
      view.element.focus({ preventScroll: true });
      say("Arrows move the crosshair (Shift: further), Space presses and lets go, Esc ends.");
    }
    this.page.show();
  }

  #key(event) {
    const isElsewhere = event.target.closest?.("input, select, textarea, button, a, summary, dialog");
    if (!this.at || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow) this.#step(arrow, event.shiftKey ? far_pixels : 1);
    else if (event.key === " ") event.repeat || this.#press(event.shiftKey);
    else if (event.key === "Escape") this.page.hand.abandon() || this.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #step([dx, dy], pixels) {
    this.#moveTo(this.at.x + dx * pixels, this.at.y + dy * pixels);
    this.page.hand.moveTo(this.#client);
    this.page.draw();
  }

  #press(drawNew) {
    const { hand } = this.page;
    if (hand.isDragging) hand.release(this.#client);
    else hand.press(this.#client, { drawNew });
    this.page.show();
  }

  get #client() {
    return this.page.view.imageToClient(this.at.x, this.at.y);
  }

  /** Within the image; the view follows where it would leave the screen. */
  #moveTo(x, y) {
    const { view } = this.page;
    const { rows, columns } = view.slice;
    this.at = { x: Math.max(0.5, Math.min(columns - 0.5, x)), y: Math.max(0.5, Math.min(rows - 0.5, y)) };
    const { left, top, right, bottom } = view.element.getBoundingClientRect();
    const client = this.#client;
    const beyond = (value, low, high) => Math.min(0, value - low) + Math.max(0, value - high);
    const [across, down] = [beyond(client.x, left, right), beyond(client.y, top, bottom)];
    if (across || down) view.panBy(-across, -down);
  }
}
