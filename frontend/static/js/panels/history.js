/** The reading's history: who did what, newest first, and a way back to any of it. */

import { listEdits } from "../common/api.js";
import { keyOf } from "../reading/draft.js";
import { say } from "../common/status.js";
import { element, kindWords, timeOf } from "../common/format.js";

/** @typedef {import("../pages/reading.js").ReadingPage} Page */

export class HistoryPanel {
  #shownAt = "";
  /** The reading's revision that the list tells of. */
  #revision = -1;

  /** @param {HTMLDetailsElement} details @param {Page} page */
  constructor(details, page) {
    this.details = details;
    this.page = page;
    details.addEventListener("toggle", () => this.show());
  }

  /** Read anew where the panel is open and the reading has changed. */
  show() {
    const { draft, outbox } = this.page;
    this.details.hidden = draft === null;
    if (!draft) return;
    // Steps are counted from where the list was made.
    this.details.querySelector("ol").inert = outbox.hasUnsaved || draft.revision !== this.#revision;
    if (!this.details.open || outbox.hasUnsaved) return;
    const at = `${draft.reading.id} ${draft.revision}`;
    if (at === this.#shownAt) return;
    this.#shownAt = at;
    void this.#read(draft.reading.id, at);
  }

  async #read(readingId, at) {
    try {
      const { edits, next_cursor } = await listEdits(readingId);
      if (at === this.#shownAt) this.#list(edits, next_cursor === null);
    } catch (error) {
      this.#shownAt = "";
      say(`The history cannot be shown: ${error.message}`);
    }
  }

  /** @param {object[]} edits newest first @param {boolean} isWhole */
  #list(edits, isWhole) {
    this.#revision = edits[0]?.revision ?? 0;
    const shown = edits.filter(({ standing }) => standing !== "step");
    const live = shown.filter(({ standing }) => standing === "live");
    const undone = shown.filter(({ standing }) => standing === "undone").reverse();
    const rows = shown.map((edit) => {
      const away = { undo: live.indexOf(edit), redo: undone.indexOf(edit) + 1 };
      return this.#row(edit, away);
    });
    const whole = { undo: live.length, redo: 0 };
    const start = element("li", {}, this.#button("As proposed", "", live.length ? whole : null, live.length === 0));
    this.details.querySelector("ol").replaceChildren(...rows, ...(isWhole ? [start] : []));
    this.show();
  }

  #row(edit, away) {
    const { stack } = this.page;
    const at = edit.slices.map((slice) => stack.slices.findIndex((each) => keyOf(each) === keyOf(slice)) + 1);
    const where = at.length === 1 ? `slice ${at[0]}` : `${at.length} slices`;
    const steps = edit.standing === "live" ? { undo: away.undo, redo: 0 } : { undo: 0, redo: away.redo };
    const isHere = edit.standing === "live" && away.undo === 0;
    const button = this.#button(
      `${where}: ${kindWords[edit.kind]}`,
      `${timeOf(edit.created_at)} · ${edit.author}`,
      edit.standing === "gone" || isHere ? null : steps,
      isHere,
    );
    return element("li", { "data-standing": edit.standing }, button);
  }

  #button(text, details, steps, isHere) {
    const button = element("button", { type: "button", title: details }, element("b", {}, text), element("small", {}, details));
    if (isHere) button.setAttribute("aria-current", "step");
    button.disabled = steps === null;
    button.addEventListener("click", () => this.#walk(steps));
    return button;
  }

  #walk({ undo, redo }) {
    this.page.outbox.walk(undo ? "undo" : "redo", undo || redo);
  }
}
