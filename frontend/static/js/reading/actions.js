/** What the reader can do to a slice or to the stack. Each is shown at once, and sent as one edit. */

import { isChange, paintEdit, promptEdit } from "./edits.js";
import { keyOf } from "./draft.js";
import { without } from "../tools/prompt_tool.js";
import { hasSameGrid } from "../image/images.js";
import { boxesAround, isAny, withHolesFilled, withoutIslands } from "./mask.js";
import { say } from "../common/status.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../tools/prompt_tool.js").Selection} Selection */

const decided = new Set(["accepted", "no_scar", "excluded"]);
const byHand = new Set([...decided, "edited"]);
const carried_margin_pixels = 2;

export class Gestures {
  /** @param {import("../pages/reading.js").ReadingPage} page */
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

  /** @param {import("../common/types.js").Edit} edit */
  #add(edit, { sop_instance_uid, frame_number } = this.#slice) {
    if (isChange(edit)) this.page.outbox.add({ ...edit, sop_instance_uid, frame_number });
  }

  /** @param {Prompt} before @param {Prompt} after @param {Selection} selection */
  prompt(before, after, selection) {
    Object.assign(this.page, { preview: null, selection });
    const { mask, score } = this.page.draft.slice(this.#slice);
    const isPainted = isAny(mask) && score === null;
    if (isPainted && after.boxes.length) say("The model answers anew, without what was painted. Undo brings that back.");
    this.#add(promptEdit(before, after));
  }

  deleteSelected() {
    const { selection, prompt } = this.page;
    if (selection && this.#isReady) this.prompt(prompt, without(prompt, selection), null);
  }

  clear() {
    this.#decide("clear");
  }

  noScar() {
    this.#decide("no_scar");
  }

  #decide(kind) {
    if (!this.#isReady) return;
    this.page.selection = null;
    this.#add({ kind });
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
    if (!isDecided) this.#add({ kind: "accept" });
    this.page.step(1);
  }

  /** Leave the slice out of the mass, or take it back in. */
  exclude() {
    if (!this.#isReady) return;
    const isExcluded = this.page.draft.slice(this.#slice).state === "excluded";
    this.#add({ kind: isExcluded ? "include" : "exclude" });
  }

  /** @param {Rle|null} before @param {Rle} after the slice's mask as the reader changed it by hand */
  paint(before, after) {
    this.#add(paintEdit(before, after));
    this.page.draw();
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
    if (changed && changed.counts.join() !== mask.counts.join()) this.paint(mask, changed);
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
      this.#add(promptEdit(draft.prompt(next), prompt), next);
      this.page.step(1);
    }
  }

  proposeSlice() {
    if (!this.#isReady || this.page.isPreparing) return;
    const slice = this.#slice;
    const act = () => {
      this.page.selection = null;
      this.#add({ kind: "propose" }, slice);
    };
    const isByHand = byHand.has(this.page.draft.slice(slice).state);
    if (isByHand) say("This slice was decided by hand.", { action: "Propose it all the same", act });
    else act();
  }

  /** Every slice that the reader has not decided on. */
  proposeStack() {
    if (this.page.draft && !this.page.isPreparing) this.page.outbox.add({ kind: "propose" });
  }

  /** @param {boolean} [isHeld] the key is held: the next step waits for the last one */
  undo(isHeld = false) {
    const { draft, outbox } = this.page;
    if (!draft || (isHeld && outbox.isWalking)) return;
    if (draft.reading.can_undo || outbox.hasUnsaved) outbox.undo();
  }

  /** @param {boolean} [isHeld] */
  redo(isHeld = false) {
    const { draft, outbox } = this.page;
    if (!draft || (isHeld && outbox.isWalking)) return;
    if (draft.reading.can_redo || outbox.canRedo || outbox.isWalking) outbox.redo();
  }

  /** An undo or redo changed these slices: go there. @param {string} what @param {object[]} slices */
  goToChange(what, slices) {
    const { stack, index } = this.page;
    const places = slices.map((slice) => stack.slices.findIndex((each) => keyOf(each) === keyOf(slice)));
    const at = places.filter((place) => place >= 0);
    this.page.selection = null;
    if (!at.length) return;
    const where = at.length === 1 ? `slice ${at[0] + 1}` : `${at.length} slices`;
    say(`${what}: ${where}`);
    if (!at.includes(index)) void this.page.go(at[0]);
  }
}

function aroundMask(mask) {
  return isAny(mask) ? { boxes: boxesAround(mask, carried_margin_pixels), points: [] } : null;
}
