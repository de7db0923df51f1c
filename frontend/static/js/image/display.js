/** How the reader looks at the slice: the overlay's style and strength, without it, and close to the heart. */

import { findHeart } from "./heart.js";
import { say } from "../common/status.js";

const styles = [
  { outline: true, fill: false },
  { outline: true, fill: true },
  { outline: false, fill: true },
];

export class Looks {
  #heart;
  hidden = false;
  style = { ...styles[0], opacity: 0.9 };

  /** @param {import("../pages/reading.js").ReadingPage} page */
  constructor(page) {
    this.page = page;
  }

  setOpacity(opacity) {
    this.style.opacity = Math.max(0.1, Math.min(1, opacity));
    document.getElementById("opacity").value = Math.round(this.style.opacity * 100);
    document.body.style.setProperty("--overlay-opacity", this.style.opacity);
    this.page.draw();
  }

  nextStyle() {
    const at = styles.findIndex(({ outline, fill }) => outline === this.style.outline && fill === this.style.fill);
    this.style = { ...styles[(at + 1) % styles.length], opacity: this.style.opacity };
    this.page.show();
  }

  hide(hidden) {
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    document.body.classList.toggle("without-overlay", hidden);
    this.page.show();
  }

  async zoomToHeart() {
    try {
      this.#heart ??= await findHeart(this.page.stack.stack_id);
    } catch (error) {
      say(`The heart cannot be found: ${error.message}`);
      return;
    }
    if (this.#heart) this.page.view.frame(this.#heart, 0.5);
    else say("No left ventricle was found on this stack.");
  }

  /** All slices side by side, close to the heart where it is found. */
  async toggleGrid() {
    this.page.strip.toggleGrid();
    this.#heart ??= await findHeart(this.page.stack.stack_id).catch(() => null);
    this.page.strip.closeUp(this.#heart);
  }
}
