/** How generously outlines are drawn: shown, set, and whether it follows what the reader corrects. */

import { find } from "../common/dom.js";
import { showMessage } from "../common/status.js";

const step = 0.5;

/** @param {number} value */
const written = (value) => `${value > 0 ? "+" : ""}${value.toFixed(1)}`;

export class SensitivityPanel {
  /**
   * @param {HTMLElement} panel @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
   */
  constructor(panel, slices, draft, outbox) {
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.slider = /** @type {HTMLInputElement} */ (find("input", panel));
    this.value = find("output", panel);
    this.button = /** @type {HTMLButtonElement} */ (find("button", panel));
    this.slider.addEventListener("input", () => this.#show(Number(this.slider.value), false));
    this.slider.addEventListener("change", () => this.set(Number(this.slider.value)));
    outbox.addEventListener("stored", (event) => this.#tell(/** @type {CustomEvent} */ (event).detail));
  }

  /** What is set, sent or not. */
  get current() {
    const unsent = this.outbox.latest("sensitivity");
    const { sensitivity, follows } = this.draft.reading;
    return { value: unsent?.sensitivity ?? sensitivity, follows: unsent?.follows ?? follows };
  }

  /** Draw tighter (-1) or more generous (+1) outlines. @param {number} steps */
  change(steps) {
    if (this.draft.isOpen) this.set(this.current.value + steps * step);
  }

  /** @param {number} value */
  set(value) {
    const [lowest, highest] = [Number(this.slider.min), Number(this.slider.max)];
    const sensitivity = Math.min(Math.max(value, lowest), highest);
    if (!this.draft.isOpen || sensitivity === this.current.value) return;
    const { sop_instance_uid, frame_number } = this.slices.current;
    this.outbox.add({ kind: "sensitivity", sensitivity, follows: false, sop_instance_uid, frame_number });
  }

  toggleFollows() {
    if (this.draft.isOpen) this.outbox.add({ kind: "sensitivity", follows: !this.current.follows });
  }

  show() {
    if (!this.draft.isOpen) return;
    const { value, follows } = this.current;
    this.slider.disabled = this.button.disabled = this.draft.isSigned;
    if (document.activeElement !== this.slider) this.slider.value = String(value);
    this.#show(value, follows);
  }

  #show(value, follows) {
    this.value.textContent = written(value);
    this.button.setAttribute("aria-pressed", String(follows));
  }

  #tell({ edit, answer }) {
    if (edit.kind !== "sensitivity" && answer.sensitivity !== this.shown && this.shown !== undefined)
      showMessage(`Outlines follow your corrections: sensitivity ${written(answer.sensitivity)}.`);
    this.shown = answer.sensitivity;
  }
}
