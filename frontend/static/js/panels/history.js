/** The reading's history: who did what, newest first, and a way back to any of it. */

import { listEdits } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { counted, editNames, patternText, timeOf } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { takenOverText } from "../reading/segmentations.js";

/** @param {PastEdit} edit */
const patternStated = ({ pattern }) =>
  pattern && `pattern: ${patternText({ layer: pattern.layer ?? null, ischaemic: pattern.ischaemic ?? null })}`;

/** What was taken as what, and all that did not go straight. @param {NonNullable<PastEdit["segmentation"]>} taken */
function told({ kind, meanings, slices, warnings }) {
  const summary = warnings.length ? counted(warnings.length, "warning") : "no warning";
  return element(
    "details",
    {},
    element("summary", {}, `${kind}, ${counted(slices, "slice")}, ${summary}`),
    element("p", {}, meanings),
    element("ul", {}, ...warnings.map((text) => element("li", {}, text))),
  );
}

/** @typedef {import("../common/types.js").PastEdit} PastEdit @typedef {{undo: number, redo: number}} Steps */

export class HistoryPanel {
  #shownAt = "";
  /** The reading's revision that the list was made at. */
  #revision = -1;
  /** Was a step of the list that is read anew the keyboard's place? */
  #hadFocus = false;

  /**
   * @param {HTMLElement} place @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
   */
  constructor(place, slices, draft, outbox) {
    this.place = place;
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.list = find("ol", place);
    this.waits = find("p", place);
  }

  /** Read anew where it is shown and the reading has changed. */
  show() {
    const { draft, outbox } = this;
    if (!draft.isOpen) return;
    // Steps are counted from where the list was made.
    const isStale = outbox.hasUnsaved || draft.revision !== this.#revision;
    if (isStale && this.list.contains(document.activeElement)) this.#hadFocus = true;
    if (this.place.hidden) this.#hadFocus = false;
    this.list.inert = isStale;
    this.waits.hidden = !outbox.hasUnsaved || this.list.childElementCount > 0;
    if (this.place.hidden || outbox.hasUnsaved) return;
    const at = `${draft.reading.id} ${draft.revision}`;
    if (at === this.#shownAt) return;
    this.#shownAt = at;
    void this.#read(draft.reading.id, at);
  }

  async #read(readingId, at) {
    try {
      const { edits, next_cursor } = await listEdits(readingId);
      if (at === this.#shownAt) this.#fill(edits, next_cursor === null);
    } catch (error) {
      this.#shownAt = "";
      this.#hadFocus = false;
      showMessage(`The history cannot be shown: ${error.message}`);
    }
  }

  /** @param {PastEdit[]} edits newest first @param {boolean} isWhole */
  #fill(edits, isWhole) {
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
    this.list.replaceChildren(...rows, ...(isWhole ? [start] : []));
    this.show();
    if (this.#hadFocus && document.activeElement === document.body)
      /** @type {HTMLElement|null} */ (this.list.querySelector("button:enabled"))?.focus();
    this.#hadFocus = false;
  }

  /** @param {PastEdit} edit @param {Steps} away */
  #row(edit, away) {
    const places = edit.slices.map((slice) => this.slices.indexOf(slice) + 1);
    const isOnOne = places.length === 1 && places[0] > 0;
    const where = isOnOne ? `slice ${places[0]}: ` : `${counted(places.length, "slice")}: `;
    const steps = edit.standing === "live" ? { undo: away.undo, redo: 0 } : { undo: 0, redo: away.redo };
    const isHere = edit.standing === "live" && away.undo === 0;
    const what = edit.method ?? patternStated(edit) ?? editNames[edit.kind];
    const button = this.#button(
      edit.segmentation ? takenOverText(edit.segmentation) : `${places.length ? where : ""}${what}`,
      `${timeOf(edit.created_at)} · ${edit.author}`,
      edit.standing === "gone" || isHere ? null : steps,
      isHere,
    );
    return element(
      "li",
      { "data-standing": edit.standing },
      button,
      ...(edit.segmentation ? [told(edit.segmentation)] : []),
    );
  }

  /** @param {string} text @param {string} details @param {Steps|null} steps @param {boolean} isHere */
  #button(text, details, steps, isHere) {
    const button = element(
      "button",
      { type: "button", title: details },
      element("b", {}, text),
      element("small", {}, details),
    );
    if (isHere) button.setAttribute("aria-current", "step");
    button.disabled = steps === null;
    if (steps)
      button.addEventListener("click", ({ detail }) => {
        if (detail > 0) button.blur(); // pressed by the pointer, it leaves the keys to the image
        this.outbox.goBy(steps.undo ? "undo" : "redo", steps.undo || steps.redo);
      });
    return button;
  }
}
