/** Positions that were imaged several times: which image the reading uses, and the others, which can take its place. */

import { element } from "../common/dom.js";
import { timeOfDay } from "../common/format.js";
import { isSameSlice } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Stack} Stack @typedef {import("../common/types.js").SliceKey} SliceKey */

/** @param {number} at in order of time @param {number} of */
const nameOf = (at, of) => (of === 2 ? ["the earlier image", "the later image"][at] : `image ${at + 1} of ${of}`);

/** @param {{acquisition_time: string}} image */
const when = ({ acquisition_time }) => (timeOfDay(acquisition_time) ? ` (${timeOfDay(acquisition_time)})` : "");

/**
 * One item for each such position of these slices.
 * @param {Stack["repeats"]} repeats @param {import("../image/slices.js").Slices} slices
 * @param {((slice: SliceKey, image: SliceKey) => void)|null} exchange null where no reading is open
 */
export function repeatItems(repeats = [], slices, exchange) {
  return repeats.flatMap((images) => {
    const used = images.findIndex((image) => slices.indexOf(image) >= 0);
    if (used < 0) return [];
    const at = slices.indexOf(images[used]) + 1;
    const text = `Slice ${at}: ${nameOf(used, images.length)}${when(images[used])} of ${images.length} is used. `;
    const others = images.filter((image) => !isSameSlice(image, images[used]));
    const offers = others.map((image) => {
      const name = `Use ${nameOf(images.indexOf(image), images.length)}${when(image)}`;
      const button = element("button", { type: "button", class: "link" }, name);
      button.addEventListener("click", () => exchange?.(images[used], image));
      return button;
    });
    return [element("li", {}, text, ...(exchange ? offers : []))];
  });
}
