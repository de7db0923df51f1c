/**
 * Edits as what they change, apart from what they are made on. What the reader does is shown at once on the slice as it
 * is known here, and sent as made on the slice as it is stored then: nothing that came between is overwritten.
 */

import { maskWithin } from "./contour.js";
import { emptyMask, isAny, pixelsOf, rleOf, withoutPartAt } from "./mask.js";
import { noPrompt, segmentOf, withSegment } from "./segments.js";

/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../common/types.js").Rle} Rle */
/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").Segment} Segment */

const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * What was there and what is there instead; null is nothing.
 * @template Item @param {Item[]} before @param {Item[]} after @returns {[Item|null, Item|null][]}
 */
function itemChanges(before, after) {
  const removed = [...before];
  const added = after.filter((item) => {
    const at = removed.findIndex((each) => isEqual(each, item));
    if (at >= 0) removed.splice(at, 1);
    return at < 0;
  });
  const count = Math.max(removed.length, added.length);
  return Array.from({ length: count }, (_, at) => [removed[at] ?? null, added[at] ?? null]);
}

/** @param {Prompt} before @param {Prompt} after @returns {Edit} */
export const promptEdit = (before, after) => ({
  kind: "prompt",
  boxes: itemChanges(before.boxes, after.boxes),
  points: itemChanges(before.points, after.points),
});

/** What is there already is not added again: it may be stored before the answer that says so has come. */
function changedItems(list, changes) {
  const items = [...list];
  const has = (item) => items.some((each) => isEqual(each, item));
  for (const [from, to] of changes) {
    const at = from ? items.findIndex((each) => isEqual(each, from)) : -1;
    if (at >= 0) items.splice(at, 1, ...(to ? [to] : []));
    else if (to && !has(to)) items.push(to);
  }
  return items;
}

/** @param {Rle|null} before @param {Rle} after @returns {Edit} */
export function paintEdit(before, after) {
  const [was, is] = [pixelsOf(before ?? emptyMask({ rows: after.size[0], columns: after.size[1] })), pixelsOf(after)];
  const only = (set, unset) =>
    rleOf(
      set.map((value, at) => value & ~unset[at] & 1),
      after.size,
    );
  return { kind: "paint", added: only(is, was), removed: only(was, is) };
}

/** @param {Rle|null} mask @param {Edit} edit @returns {Rle} */
function painted(mask, { added, removed }) {
  if (!added || !removed) throw new TypeError("An edit of paint says what was added and removed.");
  const pixels = pixelsOf(mask ?? emptyMask({ rows: added.size[0], columns: added.size[1] }));
  const [more, less] = [pixelsOf(added), pixelsOf(removed)];
  return rleOf(
    pixels.map((value, at) => (value | more[at]) & ~less[at] & 1),
    added.size,
  );
}

/**
 * The slice after an edit, as far as it is known before the server has answered: what a model will say is not.
 * An edit that the server would refuse leaves the slice as it is.
 * @param {ReadSlice} slice @param {Edit} edit @param {{rows: number, columns: number}} image @returns {ReadSlice}
 */
export function edited(slice, edit, image) {
  return withinScar(changed(slice, edit, image), edit);
}

/** @param {ReadSlice} slice @param {Edit} edit @param {{rows: number, columns: number}} image @returns {ReadSlice} */
function changed(slice, edit, image) {
  const { state, state_before } = slice;
  switch (edit.kind) {
    case "prompt":
      return outlined(slice, edit, promptAfter(slice, edit));
    case "paint":
      return outlined(slice, edit, handMade(painted(segmentOf(slice, edit.structure).mask, edit)));
    case "contour":
      return contoured(slice, edit, image);
    case "remove_part":
      return partRemoved(slice, edit);
    case "clear":
      return outlined(slice, edit, null);
    case "no_scar":
      return { ...withSegment(slice, "scar", handMade(emptyMask(image))), state: "no_scar", state_before: null };
    case "accept":
      if (!slice.segments.scar) return slice;
      return { ...slice, state: state === "no_scar" ? "no_scar" : "accepted", state_before: null };
    case "exclude":
      return { ...slice, state: "excluded", state_before: state_before ?? state };
    case "include":
      return { ...slice, state: state_before ?? state, state_before: null };
    default:
      return slice;
  }
}

/** Blood stays within the ventricle. @param {ReadSlice} slice @param {Edit} edit @returns {ReadSlice} */
function contoured(slice, edit, image) {
  if (!edit.contour) return slice;
  const mask = maskWithin(edit.contour, image);
  const [ventricle, blood] = [segmentOf(slice, "left_ventricle").mask, segmentOf(slice, "blood_pool").mask];
  if (edit.structure === "blood_pool")
    return outlined(slice, edit, { ...handMade(ventricle ? bothOf(mask, ventricle) : mask), origin: "contour" });
  const made = outlined(slice, edit, { ...handMade(mask), origin: "contour" });
  return blood
    ? outlined(made, { ...edit, structure: "blood_pool" }, { mask: bothOf(blood, mask), ...unmeasured })
    : made;
}

/**
 * No-reflow is a part of the scar: what is drawn as no-reflow becomes scar as well, and what goes of the scar goes of it.
 * @param {ReadSlice} slice @param {Edit} edit that made it @returns {ReadSlice}
 */
function withinScar(slice, edit) {
  const core = segmentOf(slice, "no_reflow");
  if (!core.mask) return slice;
  const scar = segmentOf(slice).mask ?? emptyMask({ rows: core.mask.size[0], columns: core.mask.size[1] });
  const left = bothOf(core.mask, scar);
  if (left.counts.join() === core.mask.counts.join()) return slice;
  const ofScar = { ...edit, structure: /** @type {const} */ ("scar") };
  if (edit.structure === "no_reflow")
    return outlined(slice, ofScar, { mask: eitherOf(scar, core.mask), ...unmeasured });
  return withSegment(slice, "no_reflow", isAny(left) ? { ...core, mask: left, ...unmeasured } : null);
}

/** @param {(one: number, other: number) => number} combined @returns {(one: Rle, other: Rle) => Rle} */
const pixelwise = (combined) => (one, other) => {
  const others = pixelsOf(other);
  return rleOf(
    pixelsOf(one).map((value, at) => combined(value, others[at])),
    one.size,
  );
};

const bothOf = pixelwise((one, other) => one & other);
const eitherOf = pixelwise((one, other) => one | other);

/** @param {ReadSlice} slice @param {Edit} edit @returns {ReadSlice} */
function partRemoved(slice, edit) {
  const { mask } = segmentOf(slice, edit.structure);
  if (!mask || !edit.point) return slice;
  return outlined(slice, edit, { mask: withoutPartAt(mask, edit.point), ...unmeasured });
}

/** Nobody has measured a mask yet, nor told where it lies. */
const unmeasured = { area_mm2: null, mass: null, warnings: [], misplaced: null, method_label: null };

/** @type {"paint"} */
const byHand = "paint";

/** A mask that a reader made: no prompt led to it. @param {Rle} mask */
const handMade = (mask) => ({ mask, score: null, ...unmeasured, ...noPrompt, origin: byHand });

/**
 * @param {ReadSlice} slice @param {Edit} edit
 * @param {Partial<Segment>|null} change null leaves the structure without a segment
 * @returns {ReadSlice}
 */
function outlined(slice, { structure = "scar" }, change) {
  const segment = change && { ...segmentOf(slice, structure), ...change };
  const made = withSegment(slice, structure, segment);
  // The state speaks of scar.
  return structure === "scar" ? { ...made, state: segment ? "edited" : "pending", state_before: null } : made;
}

/** @param {ReadSlice} slice @param {Edit} edit @returns {Prompt|null} null where neither box nor point is left */
function promptAfter(slice, { structure, boxes = [], points = [] }) {
  const before = segmentOf(slice, structure);
  const after = { boxes: changedItems(before.boxes, boxes), points: changedItems(before.points, points) };
  return after.boxes.length + after.points.length ? after : null;
}

/** @param {Edit} edit of a slice @param {ReadSlice} slice as it is stored @returns {object} the edit as the server takes it */
export function toSend(edit, slice) {
  const { boxes, points, added, removed, ...named } = edit;
  if (edit.kind === "paint") return { ...named, mask: painted(segmentOf(slice, edit.structure).mask, edit) };
  if (edit.kind !== "prompt") return named;
  const prompt = promptAfter(slice, edit);
  return prompt ? { ...named, ...prompt } : { ...named, kind: "clear" };
}

/** Does an edit change anything? @param {Edit} edit */
export function isChange({ kind, boxes = [], points = [], added, removed }) {
  if (kind === "prompt") return boxes.length + points.length > 0;
  return kind !== "paint" || isAny(added) || isAny(removed);
}
