/** How masks are drawn: outlined, filled or both, how strongly, or not at all. */

import { byId } from "../common/dom.js";

const styles = [
  { outline: true, fill: false },
  { outline: true, fill: true },
  { outline: false, fill: true },
];

/** Events: "change". */
export class Display extends EventTarget {
  hidden = false;
  showsContours = true;
  style = { ...styles[0], opacity: 0.9 };

  /** @param {number} opacity */
  setOpacity(opacity) {
    this.style.opacity = Math.max(0.1, Math.min(1, opacity));
    byId("opacity", HTMLInputElement).value = String(Math.round(this.style.opacity * 100));
    document.body.style.setProperty("--overlay-opacity", String(this.style.opacity));
    this.#changed();
  }

  nextStyle() {
    const at = styles.findIndex(({ outline, fill }) => outline === this.style.outline && fill === this.style.fill);
    this.style = { ...styles[(at + 1) % styles.length], opacity: this.style.opacity };
    this.#changed();
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    document.body.classList.toggle("without-overlay", hidden);
    this.#changed();
  }

  toggleContours() {
    this.showsContours = !this.showsContours;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
