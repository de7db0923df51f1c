/** What counts as the wall in the reading: whether scar keeps to it, and whether papillary muscles are a part of it. */

import { buttonsOf } from "../common/dom.js";

/** @typedef {"confines_scar"|"papillary_muscles"} Rule */

/** @type {Rule[]} */
const rules = ["confines_scar", "papillary_muscles"];

export class WallPanel {
  /** @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox */
  constructor(draft, outbox) {
    this.draft = draft;
    this.outbox = outbox;
  }

  /** Is a rule on, sent or not? @param {Rule} rule */
  #isOn(rule) {
    return this.outbox.latest("wall")?.[rule] ?? this.draft.reading[rule];
  }

  /** @param {Rule} rule */
  toggle(rule) {
    if (this.draft.isOpen) this.outbox.add({ kind: "wall", [rule]: !this.#isOn(rule) });
  }

  show() {
    if (!this.draft.isOpen) return;
    for (const rule of rules)
      for (const button of buttonsOf(rule)) {
        button.disabled = this.draft.isSigned;
        button.setAttribute("aria-pressed", String(this.#isOn(rule)));
      }
  }
}
