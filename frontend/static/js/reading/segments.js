/** What a reading holds of a slice: one segment for each structure that was outlined there. */

import { isAny } from "./mask.js";

/** @typedef {import("../common/types.js").ReadSlice} ReadSlice @typedef {import("../common/types.js").Segment} Segment */
/** @typedef {import("../common/types.js").Structure} Structure @typedef {import("../common/types.js").SliceKey} SliceKey */
/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../common/types.js").Edit} Edit */

/** @type {Prompt} */
export const noPrompt = { boxes: [], points: [] };
/** @type {Segment} */
const noSegment = { mask: null, ...noPrompt, score: null, area_mm2: null, mass: null };

/** @param {SliceKey} slice */
export const keyOf = (slice) => `${slice.sop_instance_uid}/${slice.frame_number}`;

/** @param {Partial<SliceKey>} a @param {Partial<SliceKey>} b an edit of the whole reading names no slice */
export const isSameSlice = (a, b) =>
  Boolean(a.sop_instance_uid) && a.sop_instance_uid === b.sop_instance_uid && a.frame_number === b.frame_number;

/** @param {Partial<SliceKey>} named @returns {SliceKey|null} null where an edit is of the whole reading */
export const sliceOf = ({ sop_instance_uid, frame_number = 1 }) =>
  sop_instance_uid ? { sop_instance_uid, frame_number } : null;

/** @param {SliceKey} key @returns {ReadSlice} a slice of which nothing is known yet */
export const unread = ({ sop_instance_uid, frame_number }) => ({
  sop_instance_uid,
  frame_number,
  revision: 0,
  state: "pending",
  state_before: null,
  segments: {},
});

/** Does an edit touch a slice: its own one, or one of several? @param {Partial<Edit>} edit @param {SliceKey} slice */
export const touches = (edit, slice) =>
  isSameSlice(edit, slice) || Boolean(edit.slices?.some((each) => isSameSlice(each, slice)));

const decided = new Set(["accepted", "no_scar", "excluded"]);

/** Did a reader decide on a slice? A correction is work on the way to a decision. @param {ReadSlice} slice */
export const isDecided = ({ state }) => decided.has(state);

/** @param {ReadSlice} slice @param {Structure} [structure] @returns {Segment} an empty one where the slice has none */
export const segmentOf = (slice, structure = "scar") => slice.segments[structure] ?? noSegment;

/** What is to be said of where a slice's scar lies, unless it does not count. @param {ReadSlice} slice */
export const warningsOf = (slice) => (slice.state === "excluded" ? [] : (segmentOf(slice).warnings ?? []));

/** Are there both contours of the wall on a slice that counts? @param {ReadSlice[]} slices */
export const hasWall = (slices) =>
  slices.some((slice) => {
    const [ventricle, blood] = [segmentOf(slice, "left_ventricle").mask, segmentOf(slice, "blood_pool").mask];
    return slice.state !== "excluded" && isAny(ventricle) && blood !== null;
  });

const origins = new Set(["paint", "threshold", "contour", "import"]);

/** Did a reader outline it by hand, and no model alone? @param {Segment} segment */
export const isByHand = ({ mask, origin, score }) => isAny(mask) && (origin ? origins.has(origin) : score === null);

/** @param {ReadSlice} slice @param {Structure} structure @param {Segment|null} segment @returns {ReadSlice} */
export function withSegment(slice, structure, segment) {
  const { [structure]: _, ...others } = slice.segments;
  return { ...slice, segments: segment ? { ...others, [structure]: segment } : others };
}

/**
 * A slice as the page holds it: by its segments alone, among which scar is.
 * @param {import("../common/types.js").Schemas["ReadingSlice"]} answered @returns {ReadSlice}
 */
export const readSliceOf = (answered) => {
  const { sop_instance_uid, frame_number, revision, state, state_before, segments } = answered;
  return { sop_instance_uid, frame_number, revision, state, state_before, segments };
};
