/** What the reader can decide on a slice or on the whole reading. Each is shown at once, and sent as one edit. */

import { counted, stateNames } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { Corrections } from "./corrections.js";
import { isDecided, keyOf, segmentOf } from "./segments.js";

/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").SliceKey} SliceKey */

/** Events: "finished" (the reader decided, and no slice is left to decide on). */
export class Actions extends Corrections {
  clear() {
    this.#decide("clear");
  }

  /** No scar here: on to the next slice that nobody has decided on. */
  noScar() {
    if (!this.isReady) return;
    if (this.slice.state !== "no_scar") this.#decide("no_scar");
    this.#goOn();
  }

  /** @param {"clear"|"no_scar"} kind */
  #decide(kind) {
    if (!this.isReady) return;
    this.drawing.select(null);
    this.add({ kind });
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

  /** To the next of these slices, after the last one the first again. @param {SliceKey[]} first the most unsure first */
  goToUnsure(first) {
    const places = first.map((slice) => this.slices.indexOf(slice));
    const next = places[(places.indexOf(this.slices.index) + 1) % places.length];
    if (next === undefined) showMessage("No undecided slice stands out as unsure, as far as is known yet.");
    else void this.slices.go(next);
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
    if (!this.isReady) return;
    const slice = this.slice;
    if (!isDecided(slice) && !slice.segments.scar?.mask && !this.draft.isAwaiting(this.slices.current)) {
      showMessage("There is nothing to accept on this slice: draw a box, click a point, or press 0 for no scar.");
      return;
    }
    this.drawing.select(null);
    if (!isDecided(slice)) this.add({ kind: "accept" });
    this.#goOn();
  }

  /** Leave the slice out of the mass, or take it back in. */
  exclude() {
    if (this.isReady) this.add({ kind: this.slice.state === "excluded" ? "include" : "exclude" });
  }

  /** Leave out this slice and all beyond it, towards the nearer end of the stack, or take them back in. */
  excludeEnd() {
    if (!this.isReady) return;
    const { list, index, length } = this.slices;
    const beyond = index < length - 1 - index ? list.slice(0, index + 1) : list.slice(index);
    const isExcluded = (slice) => this.draft.slice(slice).state === "excluded";
    const kind = isExcluded(this.slice) ? "include" : "exclude";
    const slices = beyond.filter((slice) => isExcluded(slice) === (kind === "include")).map(keyed);
    this.outbox.add({ kind, slices });
    const numbers = slices.map((slice) => this.slices.indexOf(slice) + 1);
    const which = numbers.length > 1 ? `Slices ${numbers[0]} to ${numbers.at(-1)}` : `Slice ${numbers[0]}`;
    showMessage(`${which} ${kind === "include" ? "taken back in" : "left out"}.`);
  }

  proposeSlice() {
    if (!this.isReady || this.draft.isPreparing) return;
    const slice = this.slices.current;
    const act = () => {
      this.drawing.select(null);
      this.add({ kind: "propose" }, slice);
    };
    const text = "This slice was decided by hand: repeat to replace it.";
    if (!this.isWorkedOn(this.slice)) act();
    else this.twice(`propose ${keyOf(slice)}`, text, act, "Propose it all the same");
  }

  /** Every slice that the reader has not decided on. */
  proposeAll() {
    if (this.draft.isOpen && !this.draft.isPreparing) this.outbox.add({ kind: "propose" });
  }

  /**
   * Adopt a method's mask as scar: on the slice on the screen, or on all that the reader neither decided on nor changed.
   * @param {import("../common/types.js").Schemas["Method"]} method
   * @param {import("../common/types.js").Schemas["PlacedRegion"][]} regions @param {boolean} isOnStack
   */
  adopt(method, regions, isOnStack) {
    if (!this.isReady || this.outbox.isSending("threshold")) return;
    this.drawing.select(null);
    const edit = { kind: /** @type {const} */ ("threshold"), method, regions };
    const slice = this.slices.current;
    const act = () => this.add(edit, slice);
    const text = `This slice is ${stateNames[this.slice.state]}: repeat to replace what is there.`;
    if (isOnStack) this.outbox.add(edit);
    else if (!this.isWorkedOn(this.slice)) act();
    else this.twice(`adopt ${keyOf(slice)}`, text, act);
  }

  /** Take the slices in that came into the study since. */
  takeOver() {
    if (this.canTakeOver) this.outbox.add({ kind: "take_over" });
    else if (this.draft.isOpen) showMessage("There are no new slices to take over.");
  }

  /** Another image of its position in the place of a slice. @param {SliceKey} slice @param {SliceKey} image */
  exchange(slice, image) {
    if (!this.draft.isOpen || this.outbox.isSending("exchange")) return;
    this.drawing.select(null);
    this.outbox.add({ kind: "exchange", ...keyed(slice), image: keyed(image) });
  }

  get canTakeOver() {
    const { isOpen } = this.draft;
    return (
      isOpen &&
      !this.draft.isSigned &&
      Boolean(this.draft.reading.growth?.slices) &&
      !this.outbox.isSending("take_over")
    );
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

  /** An undo or redo changed these slices, or what is of none: go there, and say it. @param {string} what @param {Partial<Edit>[]} changed */
  goToChange(what, changed) {
    /** @type {Partial<SliceKey>[]} */
    const touched = [];
    for (const each of changed) touched.push(...(each.slices ?? [each]));
    const at = touched.map((slice) => this.slices.indexOf(slice)).filter((index) => index >= 0);
    this.drawing.select(null);
    if (at.length) showMessage(`${what}: ${at.length === 1 ? `slice ${at[0] + 1}` : counted(at.length, "slice")}`);
    else showMessage(`${what}.`);
    if (at.length && !at.includes(this.slices.index)) void this.slices.go(at[0]);
  }
}

/** @param {SliceKey} slice @returns {SliceKey} */
const keyed = ({ sop_instance_uid, frame_number }) => ({ sop_instance_uid, frame_number });
