/** What the reader can do to a slice or to the whole reading. Each is shown at once, and sent as one edit. */

import { counted } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { hasSameGrid } from "../image/images.js";
import { without } from "../tools/drawing.js";
import { isChange, paintEdit, promptEdit } from "./edits.js";
import { boxesAround, isAny, withHolesFilled, withoutIslands } from "./mask.js";
import { isDecided, segmentOf } from "./segments.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Prompt} Prompt */
/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").SliceKey} SliceKey */

const carried_margin_pixels = 2;

/** Events: "finished" (the reader decided, and no slice is left to decide on). */
export class Actions extends EventTarget {
  /**
   * @param {import("../image/slices.js").Slices} slices @param {import("./draft.js").Draft} draft
   * @param {import("./outbox.js").Outbox} outbox @param {import("../tools/drawing.js").Drawing} drawing
   */
  constructor(slices, draft, outbox, drawing) {
    super();
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.drawing = drawing;
  }

  /** Can the slice on the screen be changed now? */
  get #isReady() {
    return this.drawing.canDraw && !this.slices.view.isPressed;
  }

  get #slice() {
    return this.draft.slice(this.slices.current);
  }

  /** @param {Edit} edit @param {SliceKey} slice */
  #add(edit, { sop_instance_uid, frame_number } = this.slices.current) {
    if (isChange(edit)) this.outbox.add({ ...edit, sop_instance_uid, frame_number });
  }

  /** @param {Prompt} before @param {Prompt} after */
  prompt(before, after) {
    const { mask, score } = segmentOf(this.#slice);
    const isPainted = isAny(mask) && score === null;
    if (isPainted && after.boxes.length)
      showMessage("The model answers anew, without what was painted. Undo brings that back.");
    this.#add(promptEdit(before, after));
  }

  deleteSelected() {
    const { selected, prompt } = this.drawing;
    if (!selected || !this.#isReady) return;
    this.drawing.select(null);
    this.prompt(prompt, without(prompt, selected));
  }

  clear() {
    this.#decide("clear");
  }

  /** No scar here: on to the next slice that nobody has decided on. */
  noScar() {
    if (!this.#isReady) return;
    if (this.#slice.state !== "no_scar") this.#decide("no_scar");
    this.#goOn();
  }

  /** @param {"clear"|"no_scar"} kind */
  #decide(kind) {
    if (!this.#isReady) return;
    this.drawing.select(null);
    this.#add({ kind });
  }

  /** The slices that nobody has decided on, by their place. @returns {number[]} */
  get undecided() {
    const places = this.slices.list.map((slice, index) => (isDecided(this.draft.slice(slice)) ? -1 : index));
    return places.filter((index) => index >= 0);
  }

  /** To the next slice that nobody has decided on, wherever it is: after the last one comes the first. */
  goToUndecided() {
    const left = this.undecided.filter((index) => index !== this.slices.index);
    const next = left.find((index) => index > this.slices.index) ?? left[0];
    if (next !== undefined) void this.slices.go(next);
  }

  #goOn() {
    if (this.undecided.length) this.goToUndecided();
    else this.dispatchEvent(new Event("finished"));
  }

  /**
   * Accept, in one step, all of these slices that nobody has decided on.
   * @param {number[]} shown their places; the others are not on the screen
   */
  acceptShown(shown) {
    if (!this.draft.isOpen) return;
    const isAcceptable = (index) => {
      const slice = this.slices.list[index];
      return segmentOf(this.draft.slice(slice)).mask && !this.outbox.isWaitingForModel(slice);
    };
    const wanted = this.undecided.filter((index) => shown.includes(index));
    const accepted = wanted.filter(isAcceptable);
    const keys = accepted.map((index) => keyed(this.slices.list[index]));
    if (keys.length) this.outbox.add({ kind: "accept", slices: keys });
    const left = this.undecided.map((index) => index + 1);
    const others = left.length ? ` Left: ${left.join(", ")}.` : "";
    if (keys.length) showMessage(`Accepted ${counted(keys.length, "slice")}.${others}`);
    else showMessage(left.length ? `Nothing on the screen can be accepted.${others}` : "All slices are decided.");
    if (!left.length) this.dispatchEvent(new Event("finished"));
  }

  /** Accept what is on the slice and go on to the next one that nobody has decided on. */
  accept() {
    if (!this.#isReady) return;
    const slice = this.#slice;
    if (!isDecided(slice) && !slice.segments.scar?.mask && !this.draft.isAwaiting(this.slices.current)) {
      showMessage("There is nothing to accept on this slice: draw a box, click a point, or press 0 for no scar.");
      return;
    }
    this.drawing.select(null);
    if (!isDecided(slice)) this.#add({ kind: "accept" });
    this.#goOn();
  }

  /** Leave the slice out of the mass, or take it back in. */
  exclude() {
    if (this.#isReady) this.#add({ kind: this.#slice.state === "excluded" ? "include" : "exclude" });
  }

  /** @param {Rle|null} before @param {Rle} after the slice's mask as the reader changed it by hand */
  paint(before, after) {
    this.#add(paintEdit(before, after));
  }

  fillHoles() {
    this.#changeMask(withHolesFilled, "There are no holes to fill.");
  }

  /** @param {number} smallest_mm2 */
  dropIslands(smallest_mm2) {
    const [row, column] = this.slices.current.pixel_spacing_mm;
    const fewest = Math.ceil(smallest_mm2 / (row * column));
    this.#changeMask((mask) => withoutIslands(mask, fewest), `No part is smaller than ${smallest_mm2} mm².`);
  }

  /** @param {(mask: Rle) => Rle} change @param {string} nothing to be said where it changes nothing */
  #changeMask(change, nothing) {
    if (!this.#isReady) return;
    const { mask } = segmentOf(this.#slice);
    const changed = mask && isAny(mask) ? change(mask) : null;
    if (mask && changed && changed.counts.join() !== mask.counts.join()) this.paint(mask, changed);
    else showMessage(nothing);
  }

  /** Prompt the next slice as this one: with its boxes and points, or with boxes around what is marked. */
  carryOver() {
    if (!this.#isReady) return;
    const { list, index, current } = this.slices;
    const next = list[index + 1];
    const { boxes, points, mask } = segmentOf(this.#slice);
    const prompt = boxes.length || points.length ? { boxes, points } : aroundMask(mask);
    if (!next || !hasSameGrid(current, next)) showMessage("There is no next slice that this could be carried to.");
    else if (!prompt) showMessage("There is nothing on this slice to carry over.");
    else {
      this.#add(promptEdit(this.draft.prompt(next), prompt), next);
      this.slices.step(1);
    }
  }

  proposeSlice() {
    if (!this.#isReady || this.draft.isPreparing) return;
    const slice = this.slices.current;
    const act = () => {
      this.drawing.select(null);
      this.#add({ kind: "propose" }, slice);
    };
    if (isDecided(this.#slice) || this.#slice.state === "edited")
      showMessage("This slice was decided by hand.", { action: "Propose it all the same", act });
    else act();
  }

  /** Every slice that the reader has not decided on. */
  proposeAll() {
    if (this.draft.isOpen && !this.draft.isPreparing) this.outbox.add({ kind: "propose" });
  }

  /** Take the slices in that came into the study since. */
  takeOver() {
    if (this.canTakeOver) this.outbox.add({ kind: "take_over" });
    else if (this.draft.isOpen) showMessage("There are no new slices to take over.");
  }

  get canTakeOver() {
    const { isOpen } = this.draft;
    return isOpen && Boolean(this.draft.reading.growth?.slices) && !this.outbox.isSending("take_over");
  }

  /** @param {boolean} [isHeld] the key is held: the next step waits for the last one */
  undo(isHeld = false) {
    if (!this.draft.isOpen || (isHeld && this.outbox.isUndoing)) return;
    if (this.draft.reading.can_undo || this.outbox.hasUnsaved) this.outbox.undo();
  }

  /** @param {boolean} [isHeld] */
  redo(isHeld = false) {
    if (!this.draft.isOpen || (isHeld && this.outbox.isUndoing)) return;
    if (this.draft.reading.can_redo || this.outbox.canRedo || this.outbox.isUndoing) this.outbox.redo();
  }

  /** An undo or redo changed these slices: go there. @param {string} what @param {Partial<Edit>[]} changed */
  goToChange(what, changed) {
    /** @type {Partial<SliceKey>[]} */
    const touched = [];
    for (const each of changed) touched.push(...(each.slices ?? [each]));
    const at = touched.map((slice) => this.slices.indexOf(slice)).filter((index) => index >= 0);
    this.drawing.select(null);
    if (!at.length) return;
    showMessage(`${what}: ${at.length === 1 ? `slice ${at[0] + 1}` : counted(at.length, "slice")}`);
    if (!at.includes(this.slices.index)) void this.slices.go(at[0]);
  }
}

/** @param {SliceKey} slice @returns {SliceKey} */
const keyed = ({ sop_instance_uid, frame_number }) => ({ sop_instance_uid, frame_number });

/** @param {Rle|null} mask @returns {Prompt|null} */
function aroundMask(mask) {
  return mask && isAny(mask) ? { boxes: boxesAround(mask, carried_margin_pixels), points: [] } : null;
}
