/** What is said of the server's answer to a prompt: its own words, or that nothing changed and why. */

import { showMessage } from "../common/status.js";
import { holdsPixel } from "../reading/mask.js";
import { isSameSlice, segmentOf } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").EditAnswer} EditAnswer */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice @typedef {import("../common/types.js").Rle} Rle */

/** @param {{edit: Edit, answer: EditAnswer, before: ReadSlice|null}} stored */
export function sayOfAnswer({ edit, answer, before }) {
  const { notice } = /** @type {{notice?: string|null}} */ (answer);
  if (notice) showMessage(notice);
  else if (edit.kind === "prompt" && before) {
    const after = answer.slices.find((slice) => isSameSlice(slice, before))?.segments[edit.structure ?? "scar"];
    const { mask } = segmentOf(before, edit.structure);
    const { is_likeliest } = /** @type {{is_likeliest?: boolean}} */ (after ?? {});
    if (is_likeliest && edit.boxes?.length)
      showMessage("Nothing in the box reaches the limit: the likeliest part of it is outlined.");
    else if (after && isSame(mask, after.mask)) showMessage(whyNothing(edit, mask));
  }
}

/** @param {Rle|null} a @param {Rle} b */
const isSame = (a, b) => (a ? a.counts.join() === b.counts.join() : b.counts.length === 1);

/** @param {Edit} edit @param {Rle|null} mask before and after it */
function whyNothing({ boxes = [], points = [] }, mask) {
  const clicked = points.findLast(([was]) => !was)?.[1];
  if (boxes.length || !clicked) return "The outline stays as it was: the model's answer is the same.";
  const wasScar = holdsPixel(mask, clicked);
  if (clicked.positive && wasScar) return "Nothing to add: the click lies within the outline.";
  if (!clicked.positive && !wasScar) return "Nothing to take away: the click lies outside the outline.";
  return "The model changes nothing for this click: paint or erase there instead.";
}
