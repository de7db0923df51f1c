/** What the reader can do to a slice or to the whole reading. Each is shown at once, and sent as one edit. */

import { counted, stateNames } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { hasSameGrid } from "../image/images.js";
import { without } from "../tools/drawing.js";
import { withCoresFilled } from "./cores.js";
import { isChange, paintEdit, promptEdit } from "./edits.js";
import { boxesAround, holdsPixel, isAny, withoutIslands } from "./mask.js";
import { SecondWord } from "./second_word.js";
import { isByHand, keyOf, segmentOf } from "./segments.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Prompt} Prompt */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").SliceKey} SliceKey */

const decided = new Set(["accepted", "no_scar", "excluded"]);
const decidedOrEdited = new Set([...decided, "edited"]);
const otherwise = "or correct it with clicks, a new box, or the brush.";
const carried_margin_pixels = 2;

export class Actions {
  /**
   * @param {import("../image/slices.js").Slices} slices @param {import("./draft.js").Draft} draft
   * @param {import("./outbox.js").Outbox} outbox @param {import("../tools/drawing.js").Drawing} drawing
   */
  constructor(slices, draft, outbox, drawing) {
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.drawing = drawing;
    this.secondWord = new SecondWord();
    /** How many changes of slices were made here. */
    this.count = 0;
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
    if (!isChange(edit)) return;
    this.secondWord.forget();
    this.count += 1;
    this.outbox.add({ ...edit, sop_instance_uid, frame_number });
  }

  /** What was done last is not meant: nobody needs to hear of it. */
  takeBack() {
    this.count -= 1;
    this.outbox.undo(true);
  }

  /** @param {Prompt} before @param {Prompt} after @returns {boolean} whether it is done at once */
  prompt(before, after) {
    const slice = this.slices.current;
    const act = () => this.#add(promptEdit(before, after), slice);
    const work = replaces(before, after) ? this.#workOn(this.#slice) : "";
    const text = `${work}: repeat to let the model answer anew, ${otherwise}`;
    if (work) return this.#twice(`prompt ${keyOf(slice)}`, text, act);
    act();
    return true;
  }

  /** A reader's own work on a slice that a model's answer would replace. @param {ReadSlice} slice */
  #workOn(slice) {
    if (decided.has(slice.state)) return `This slice is ${stateNames[slice.state]}`;
    return isByHand(segmentOf(slice)) ? "Outlined by hand" : "";
  }

  /**
   * Act when it is asked for twice, or pressed in the message.
   * @param {string} what @param {string} text @param {() => void} act @returns {boolean} whether it was the second time
   */
  #twice(what, text, act, action = "Replace") {
    const isGiven = this.secondWord.isGiven(what);
    if (isGiven) act();
    else showMessage(text, { action, act });
    return isGiven;
  }

  /**
   * Take the part of the mask away that lies under a place.
   * @param {Place} point in corner-based image pixels @param {Rle|null} mask of the slice
   */
  removePart(point, mask) {
    if (!this.#isReady) return;
    this.drawing.select(null);
    if (holdsPixel(mask, point)) this.#add({ kind: "remove_part", structure: "scar", point });
    else showMessage("There is no outlined part under the pointer.");
  }

  /** @param {import("../common/types.js").Selection} [part] of the prompt */
  deletePart(part = this.drawing.selected) {
    const { prompt } = this.drawing;
    if (!part || !this.#isReady) return;
    if (this.prompt(prompt, without(prompt, part))) this.drawing.select(null);
  }

  clear() {
    this.#decide("clear");
  }

  noScar() {
    this.#decide("no_scar");
  }

  /** @param {"clear"|"no_scar"} kind */
  #decide(kind) {
    if (!this.#isReady) return;
    this.drawing.select(null);
    this.#add({ kind });
  }

  /** Accept what is on the slice and go on to the next one. */
  accept() {
    if (!this.#isReady) return;
    const { state, segments } = this.#slice;
    const isDecided = decided.has(state);
    if (!isDecided && !segments.scar?.mask && !this.draft.isAwaiting(this.slices.current)) {
      showMessage("There is nothing to accept on this slice: draw a box, click a point, or press 0 for no scar.");
      return;
    }
    this.drawing.select(null);
    if (!isDecided) this.#add({ kind: "accept" });
    this.slices.step(1);
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
    const fill = (mask) => withCoresFilled(mask, this.slices.current);
    this.#changeMask(fill, "There is no hole to fill, and no core that only a narrow gap opens.");
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
      const act = () => {
        this.#add(promptEdit(this.draft.prompt(next), prompt), next);
        this.slices.step(1);
      };
      if (!decidedOrEdited.has(this.draft.slice(next).state)) act();
      else
        this.#twice(
          `carry ${keyOf(next)}`,
          "The next slice was decided by hand: repeat to replace what is there.",
          act,
        );
    }
  }

  proposeSlice() {
    if (!this.#isReady || this.draft.isPreparing) return;
    const slice = this.slices.current;
    const act = () => {
      this.drawing.select(null);
      this.#add({ kind: "propose" }, slice);
    };
    const text = "This slice was decided by hand: repeat to replace it.";
    if (!decidedOrEdited.has(this.#slice.state)) act();
    else this.#twice(`propose ${keyOf(slice)}`, text, act, "Propose it all the same");
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

  /** An undo or redo changed these slices: go there. @param {string} what @param {Partial<SliceKey>[]} changed */
  goToChange(what, changed) {
    const at = changed.map((slice) => this.slices.indexOf(slice)).filter((index) => index >= 0);
    this.drawing.select(null);
    if (!at.length) return;
    showMessage(`${what}: ${at.length === 1 ? `slice ${at[0] + 1}` : counted(at.length, "slice")}`);
    if (!at.includes(this.slices.index)) void this.slices.go(at[0]);
  }
}

/** Is a box or point that was there moved or taken away? More of them only add, or only take away. */
const replaces = (before, after) =>
  ["boxes", "points"].some((kind) => before[kind].some((item) => !after[kind].includes(item)));

/** @param {Rle|null} mask @returns {Prompt|null} */
function aroundMask(mask) {
  return mask && isAny(mask) ? { boxes: boxesAround(mask, carried_margin_pixels), points: [] } : null;
}
