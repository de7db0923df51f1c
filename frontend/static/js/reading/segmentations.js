/** Segmentations of others: what their segments would become, and what of the reading that takes the place of. */

import { counted } from "../common/format.js";

/** @typedef {import("../common/types.js").Schemas["SegmentMeaning"]} SegmentMeaning */
/** @typedef {import("../common/types.js").Schemas["Meaning"]} Meaning */
/** @typedef {import("../common/types.js").Structure} Structure */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice */

/** What a segment may become, in the order in which it is offered. @type {Record<Meaning, string>} */
export const meaningNames = {
  scar: "scar",
  no_reflow: "no-reflow",
  left_ventricle: "left ventricle",
  blood_pool: "blood pool",
  myocardium: "myocardium",
};

/** What an object is called. @param {{label: string}} named */
export const labelOf = ({ label }) => label || "without a label";

/** Whose masks were taken over, as the history lists it. @param {{label: string, creator: string}} taken */
export const takenOverText = ({ label, creator }) =>
  `took over segmentation “${labelOf({ label })}”${creator ? ` of ${creator}` : ""}`;

/**
 * The structures whose outlines come from elsewhere: the myocardium lies between two of them.
 * @param {SegmentMeaning[]} segments @returns {Structure[]}
 */
export function structuresOf(segments) {
  const told = new Set(segments.map(({ meaning }) => meaning));
  if (told.delete("myocardium")) told.add("left_ventricle").add("blood_pool");
  const inOrder = /** @type {Structure[]} */ (Object.keys(meaningNames));
  return inOrder.filter((structure) => told.has(structure));
}

const decidedOrDrawn = new Set(["accepted", "no_scar", "edited"]);

/**
 * What taking these segments over takes the place of: the structures on every slice, and with the scar what readers
 * decided and drew. Excluded slices stay excluded.
 * @param {SegmentMeaning[]} segments @param {ReadSlice[]} slices
 */
export function replacedText(segments, slices) {
  const structures = structuresOf(segments);
  if (!structures.length) return "Nothing is taken over: say of at least one segment what it becomes.";
  const names = listed(structures.map((structure) => meaningNames[structure]));
  const text = `The reading’s ${names} ${structures.length > 1 ? "are" : "is"} replaced on every slice`;
  const gone = structures.includes("scar") ? slices.filter(({ state }) => decidedOrDrawn.has(state)).length : 0;
  return gone ? `${text}, also where it was decided or drawn by hand: ${counted(gone, "slice")}.` : `${text}.`;
}

/** @param {string[]} names */
const listed = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]);
