/** What the reader can correct on a slice: its prompts and its mask. Each is shown at once, and sent as one edit. */

import { stateNames } from "../common/format.js";
import { isMessageShown, showMessage, withdrawMessage } from "../common/status.js";
import { hasSameGrid } from "../image/slices.js";
import { without } from "../tools/drawing.js";
import { curveOf, evened } from "./contour.js";
import { withCoresFilled } from "./cores.js";
import { isChange, paintEdit, promptEdit } from "./edits.js";
import { boxesAround, emptyMask, holdsPixel, isAny, withoutIslands } from "./mask.js";
import { isByHand, isDecided, keyOf, segmentOf } from "./segments.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Prompt} Prompt */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").SliceKey} SliceKey */

const otherwise = "or correct it with clicks, a new box, or the brush.";
const staysByHand = "Outlined by hand: what is there stays, boxes only add to it. The eraser takes away.";
const farText = "That lies far from the left ventricle: draw it again if scar is meant there.";
const carried_margin_pixels = 2;
/** What the message is about that asks for a second word. */
const question = "question";

export class Corrections extends EventTarget {
  /** What the question is about. */
  #asked = "";

  /**
   * @param {import("../image/slices.js").Slices} slices @param {import("./draft.js").Draft} draft
   * @param {import("./outbox.js").Outbox} outbox @param {import("../tools/drawing.js").Drawing} drawing
   * @param {import("./ventricles.js").Ventricles} ventricles
   */
  constructor(slices, draft, outbox, drawing, ventricles) {
    super();
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.drawing = drawing;
    this.ventricles = ventricles;
    /** How many changes of slices were made here. */
    this.count = 0;
  }

  /** Can the slice on the screen be changed now? */
  get isReady() {
    return this.drawing.canDraw && !this.slices.view.isPressed;
  }

  get slice() {
    return this.draft.slice(this.slices.current);
  }

  /** @param {Edit} edit @param {SliceKey} slice */
  add(edit, { sop_instance_uid, frame_number } = this.slices.current) {
    if (!isChange(edit)) return;
    withdrawMessage(question);
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
    const { structure } = this.drawing;
    const act = () => this.add({ ...promptEdit(before, after), structure }, slice);
    const { state } = this.slice;
    const isReplaced = replaces(before, after);
    const text = `This slice is ${stateNames[state]}: repeat to let the model answer anew, ${otherwise}`;
    if (isReplaced && isDecided(this.slice)) return this.twice(`prompt ${keyOf(slice)}`, text, act);
    if (this.ventricles.isFar(slice, added(before, after)))
      return this.twice(`far ${keyOf(slice)}`, farText, act, "Draw it all the same");
    if (isReplaced && isByHand(segmentOf(this.slice, structure))) showMessage(staysByHand);
    act();
    return true;
  }

  /** @param {import("../tools/drawing.js").Wall} structure @param {[number, number][]} contour @param {SliceKey[]} slices that it is taken over to as well */
  contour(structure, contour, slices = []) {
    this.add({ kind: "contour", structure, contour, ...(slices.length ? { slices } : {}) });
  }

  /** Even out the contour that was taken last. */
  smoothContour() {
    const { wall } = this.drawing;
    const curve = this.#curve();
    if (curve) this.contour(wall, evened(curve));
  }

  /** The contour that was taken last, on the next slice too. */
  takeOverContour() {
    const curve = this.#curve();
    const next = this.slices.list[this.slices.index + 1];
    if (!curve) return;
    if (!next || !hasSameGrid(this.slices.current, next)) {
      showMessage("There is no next slice with the same pixels to take the contour over to.");
      return;
    }
    const { sop_instance_uid, frame_number } = next;
    this.contour(this.drawing.wall, curve, [{ sop_instance_uid, frame_number }]);
    showMessage("The contour is on the next slice as well.");
  }

  #curve() {
    if (!this.isReady) return null;
    const { mask } = segmentOf(this.slice, this.drawing.wall);
    const curve = mask && curveOf(mask);
    if (!curve) showMessage("There is no such contour on this slice.");
    return curve;
  }

  /** Did a reader decide on a slice, or correct it? @param {ReadSlice} slice */
  isWorkedOn(slice) {
    return isDecided(slice) || slice.state === "edited";
  }

  /**
   * Act when it is asked for again while the question can be read, or pressed in it.
   * @param {string} what @param {string} text @param {() => void} act @returns {boolean} whether it was the second time
   */
  twice(what, text, act, action = "Replace") {
    const isGiven = this.#asked === what && isMessageShown(question);
    this.#asked = what;
    if (isGiven) {
      withdrawMessage(question);
      act();
    } else showMessage(text, { action, act, about: question });
    return isGiven;
  }

  /**
   * Take the part of the mask away that lies under a place.
   * @param {Place} point in corner-based image pixels @param {Rle|null} mask of the slice
   */
  removePart(point, mask) {
    if (!this.isReady) return;
    this.drawing.select(null);
    if (holdsPixel(mask, point)) this.add({ kind: "remove_part", structure: this.drawing.structure, point });
    else showMessage("There is no outlined part under the pointer.");
  }

  /** @param {import("../common/types.js").Selection} [part] of the prompt */
  deletePart(part = this.drawing.selected) {
    const { prompt } = this.drawing;
    if (!part || !this.isReady) return;
    if (this.prompt(prompt, without(prompt, part))) this.drawing.select(null);
  }

  /**
   * @param {Rle|null} before @param {Rle} after the slice's mask as the reader changed it by hand
   * @param {import("../tools/drawing.js").Outlined} [structure]
   */
  paint(before, after, structure = this.drawing.structure) {
    this.add({ ...paintEdit(before, after), structure });
  }

  /** There is no no-reflow on this slice; what was taken for it stays scar. */
  rejectNoReflow() {
    if (!this.isReady) return;
    const { mask } = segmentOf(this.slice, "no_reflow");
    if (mask && isAny(mask)) this.paint(mask, emptyMask(this.slices.current), "no_reflow");
    else showMessage("There is no no-reflow on this slice.");
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
    if (!this.isReady) return;
    const { mask } = this.drawing;
    const changed = mask && isAny(mask) ? change(mask) : null;
    if (mask && changed && changed.counts.join() !== mask.counts.join()) this.paint(mask, changed);
    else showMessage(nothing);
  }

  /** Prompt the next slice as this one: with its boxes and points, or with boxes around what is marked. */
  carryOver() {
    if (!this.isReady) return;
    const { list, index, current } = this.slices;
    const next = list[index + 1];
    const { boxes, points, mask } = segmentOf(this.slice);
    const prompt = boxes.length || points.length ? { boxes, points } : aroundMask(mask);
    if (!next || !hasSameGrid(current, next)) showMessage("There is no next slice that this could be carried to.");
    else if (!prompt) showMessage("There is nothing on this slice to carry over.");
    else {
      const act = () => {
        this.add(promptEdit(this.draft.prompt(next), prompt), next);
        this.slices.step(1);
      };
      if (!this.isWorkedOn(this.draft.slice(next))) act();
      else
        this.twice(`carry ${keyOf(next)}`, "The next slice was decided by hand: repeat to replace what is there.", act);
    }
  }
}

/** Is a box or point that was there moved or taken away? More of them only add, or only take away. */
const replaces = (before, after) =>
  ["boxes", "points"].some((kind) => before[kind].some((item) => !after[kind].includes(item)));

/** The boxes and points that were not there, or lay elsewhere. @param {Prompt} before @param {Prompt} after */
const added = (before, after) => ({
  boxes: after.boxes.filter((box) => !before.boxes.includes(box)),
  points: after.points.filter((point) => !before.points.includes(point)),
});

/** @param {Rle|null} mask @returns {Prompt|null} */
function aroundMask(mask) {
  return mask && isAny(mask) ? { boxes: boxesAround(mask, carried_margin_pixels), points: [] } : null;
}
