/** What the reader can do to a slice or to the stack. Each is shown at once, and sent as one edit. */

import { keyOf } from "./draft.js";
import { without } from "./hand.js";
import { hasSameGrid } from "./images.js";
import { boxesAround, emptyMask, isAny, withHolesFilled, withoutIslands } from "./mask.js";
import { say } from "./status.js";

/** @typedef {import("./shapes.js").Prompt} Prompt @typedef {import("./hand.js").Selection} Selection */

const noPrompt = { boxes: [], points: [] };
const unmeasured = { area_mm2: null, mass: null };
const decided = new Set(["accepted", "no_scar", "excluded"]);
const carried_margin_pixels = 2;

export class Gestures {
  /** @param {import("./reading.js").ReadingPage} page */
  constructor(page) {
    this.page = page;
  }

  /** Is there a slice on the screen that can be changed now? */
  get #isReady() {
    const { draft, view, index, hand } = this.page;
    return draft !== null && view.shown === index && !hand.isDragging;
  }

  get #slice() {
    return this.page.view.slice;
  }

  #add(edit, expected, { sop_instance_uid, frame_number } = this.#slice) {
    if (expected) this.page.draft.expect({ sop_instance_uid, frame_number }, expected);
    this.page.outbox.add({ ...edit, sop_instance_uid, frame_number });
  }

  /** @param {Prompt} prompt @param {Selection} selection */
  prompt(prompt, selection) {
    Object.assign(this.page, { preview: null, selection });
    const isEmpty = !prompt.boxes.length && !prompt.points.length;
    if (isEmpty) this.clear();
    else this.#add({ kind: "prompt", ...prompt }, prompt);
  }

  deleteSelected() {
    const { selection, prompt } = this.page;
    if (selection && this.#isReady) this.prompt(without(prompt, selection), null);
  }

  clear() {
    if (!this.#isReady) return;
    this.page.selection = null;
    this.#add({ kind: "clear" }, { state: "pending", mask: null, ...noPrompt, ...unmeasured });
  }

  noScar() {
    if (!this.#isReady) return;
    this.page.selection = null;
    this.#add(
      { kind: "no_scar" },
      { state: "no_scar", mask: emptyMask(this.#slice), ...noPrompt, ...unmeasured },
    );
  }

  /** Accept what is on the slice and go on to the next one. */
  accept() {
    if (!this.#isReady) return;
    const { draft } = this.page;
    const { state, mask } = draft.slice(this.#slice);
    const isDecided = decided.has(state);
    if (!isDecided && !mask && !draft.isAwaiting(this.#slice)) {
      say("There is nothing to accept on this slice: draw a box, click a point, or press 0 for no scar.");
      return;
    }
    this.page.selection = null;
    if (!isDecided) this.#add({ kind: "accept" }, { state: "accepted" });
    this.page.step(1);
  }

  /** Leave the slice out of the mass, or take it back in. */
  exclude() {
    if (!this.#isReady) return;
    const isExcluded = this.page.draft.slice(this.#slice).state === "excluded";
    this.#add({ kind: isExcluded ? "include" : "exclude" }, isExcluded ? {} : { state: "excluded" });
  }

  /** @param {import("./shapes.js").Rle} mask that the reader painted, the whole of the slice's */
  paint(mask, slice = this.#slice) {
    this.#add({ kind: "paint", mask }, { state: "edited", mask, ...unmeasured }, slice);
  }

  fillHoles() {
    this.#change((mask) => withHolesFilled(mask), "There are no holes to fill.");
  }

  dropIslands() {
    if (!this.#isReady) return;
    const [row, column] = this.#slice.pixel_spacing_mm;
    const smallest_mm2 = Number(document.getElementById("smallest-part").value);
    const fewest = Math.ceil(smallest_mm2 / (row * column));
    this.#change((mask) => withoutIslands(mask, fewest), `No part is smaller than ${smallest_mm2} mm².`);
  }

  #change(how, nothing) {
    if (!this.#isReady) return;
    const { mask } = this.page.draft.slice(this.#slice);
    const changed = isAny(mask) ? how(mask) : null;
    if (changed && changed.counts.join() !== mask.counts.join()) this.paint(changed);
    else say(nothing);
  }

  /** Ask the next slice what is asked here: with these boxes and points, or with boxes around what is marked. */
  carryOver() {
    if (!this.#isReady) return;
    const { stack, index, draft } = this.page;
    const next = stack.slices[index + 1];
    const { boxes, points, mask } = draft.slice(this.#slice);
    const prompt = boxes.length || points.length ? { boxes, points } : aroundMask(mask);
    if (!next || !hasSameGrid(this.#slice, next)) say("There is no next slice that this could be carried to.");
    else if (!prompt) say("There is nothing on this slice to carry over.");
    else {
      this.#add({ kind: "prompt", ...prompt }, prompt, next);
      this.page.step(1);
    }
  }

  proposeSlice() {
    if (!this.#isReady || this.page.isPreparing) return;
    this.page.selection = null;
    this.#add({ kind: "propose" }, {});
  }

  /** Every slice that the reader has not decided on. */
  proposeStack() {
    if (this.page.draft && !this.page.isPreparing) this.page.outbox.add({ kind: "propose" });
  }

  undo() {
    const { draft, outbox } = this.page;
    if (draft?.reading.can_undo || outbox?.hasUnsaved) outbox.add({ kind: "undo" });
  }

  redo() {
    const { draft, outbox } = this.page;
    if (draft?.reading.can_redo || outbox?.hasUnsaved) outbox.add({ kind: "redo" });
  }

  /** An undo or redo was stored: go where it changed something. */
  goToChange({ edit, answer }) {
    if (edit.kind !== "undo" && edit.kind !== "redo") return;
    const { stack, index } = this.page;
    const at = answer.slices.map((slice) => stack.slices.findIndex((each) => keyOf(each) === keyOf(slice)));
    this.page.selection = null;
    if (!at.length) return;
    const where = at.length === 1 ? `slice ${at[0] + 1}` : `${at.length} slices`;
    say(`${edit.kind === "undo" ? "Undone" : "Done again"}: ${where}`);
    if (!at.includes(index)) void this.page.go(at[0]);
  }
}

function aroundMask(mask) {
  return isAny(mask) ? { boxes: boxesAround(mask, carried_margin_pixels), points: [] } : null;
}
