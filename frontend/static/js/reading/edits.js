/**
 * Edits as what they change, apart from what they are made on. What the reader does is shown at once on the slice as it
 * is known here, and sent as made on the slice as it is stored then: nothing that came between is overwritten.
 */

import { emptyMask, isAny, pixelsOf, rleOf } from "./mask.js";

/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../common/types.js").Rle} Rle */
/** @typedef {import("../common/types.js").StackSlice} StackSlice */

export const noPrompt = { boxes: [], points: [] };
const unmeasured = { area_mm2: null, mass: null };

const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const lacks = (list, item) => !list.some((each) => isEqual(each, item));

/** @returns {[object|null, object|null][]} what was there and what is there instead; null is nothing */
function itemChanges(before, after) {
  const gone = before.filter((item) => lacks(after, item));
  const come = after.filter((item) => lacks(before, item));
  const both = Math.min(gone.length, come.length);
  return [
    ...gone.map((item, at) => [item, at < both ? come[at] : null]),
    ...come.slice(both).map((item) => [null, item]),
  ];
}

/** @param {Prompt} before @param {Prompt} after @returns {Edit} */
export const promptEdit = (before, after) => ({
  kind: "prompt",
  boxes: itemChanges(before.boxes, after.boxes),
  points: itemChanges(before.points, after.points),
});

function changedItems(list, changes) {
  const items = [...list];
  for (const [from, to] of changes) {
    const at = from ? items.findIndex((each) => isEqual(each, from)) : -1;
    if (at >= 0) items.splice(at, 1, ...(to ? [to] : []));
    else if (to) items.push(to);
  }
  return items;
}

/** @param {Rle|null} before @param {Rle} after @returns {Edit} */
export function paintEdit(before, after) {
  const [was, is] = [pixelsOf(before ?? emptyMask({ rows: after.size[0], columns: after.size[1] })), pixelsOf(after)];
  const only = (set, unset) => rleOf(set.map((value, at) => value & ~unset[at] & 1), after.size);
  return { kind: "paint", added: only(is, was), removed: only(was, is) };
}

function painted(mask, { added, removed }) {
  const pixels = pixelsOf(mask ?? emptyMask({ rows: added.size[0], columns: added.size[1] }));
  const [more, less] = [pixelsOf(added), pixelsOf(removed)];
  return rleOf(pixels.map((value, at) => (value | more[at]) & ~less[at] & 1), added.size);
}

/**
 * The slice after an edit, as far as it is known before the server has answered: what a model will say is not.
 * @param {ReadSlice} slice @param {Edit} edit @param {StackSlice} image @returns {ReadSlice}
 */
export function edited(slice, edit, image) {
  switch (edit.kind) {
    case "prompt": {
      const prompt = promptAfter(slice, edit);
      if (isPrompt(prompt)) return { ...slice, state: "edited", ...prompt };
      return { ...slice, state: "pending", mask: null, ...prompt, ...unmeasured };
    }
    case "paint":
      return { ...slice, state: "edited", mask: painted(slice.mask, edit), score: null, ...noPrompt, ...unmeasured };
    case "clear":
      return { ...slice, state: "pending", mask: null, ...noPrompt, ...unmeasured };
    case "no_scar":
      return { ...slice, state: "no_scar", mask: emptyMask(image), ...noPrompt, ...unmeasured };
    case "accept":
      return { ...slice, state: slice.state === "no_scar" ? "no_scar" : "accepted", state_before: null };
    case "exclude":
      return { ...slice, state: "excluded", state_before: slice.state_before ?? slice.state };
    case "include":
      return { ...slice, state: slice.state_before ?? slice.state, state_before: null };
    default:
      return slice;
  }
}

const isPrompt = ({ boxes, points }) => boxes.length + points.length > 0;
const promptAfter = ({ boxes, points }, edit) => ({
  boxes: changedItems(boxes, edit.boxes),
  points: changedItems(points, edit.points),
});

/** @param {Edit} edit @param {ReadSlice} slice as it is stored @returns {object} the edit as the server takes it */
export function toSend({ kind, sop_instance_uid, frame_number, ...edit }, slice) {
  const named = { kind, sop_instance_uid, frame_number };
  if (kind === "paint") return { ...named, mask: painted(slice.mask, edit) };
  if (kind !== "prompt") return named;
  const prompt = promptAfter(slice, edit);
  return isPrompt(prompt) ? { ...named, ...prompt } : { ...named, kind: "clear" };
}

/** Does an edit change anything? @param {Edit} edit */
export function isChange({ kind, boxes, points, added, removed }) {
  if (kind === "prompt") return boxes.length + points.length > 0;
  return kind !== "paint" || isAny(added) || isAny(removed);
}
