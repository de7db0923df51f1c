/** Where the left ventricle lies on each slice, so that what is drawn far from it is asked about before it counts. */

import { keyOf } from "./segments.js";

/** @typedef {import("../common/types.js").Box} Box @typedef {import("../common/types.js").Prompt} Prompt */
/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").Schemas["View"]} View */

export class Ventricles {
  /** @type {Map<string, Box>} */
  #boxes = new Map();
  #margin_mm = 0;

  /** @param {Pick<View, "ventricles"|"ventricle_margin_mm">} view */
  take({ ventricles, ventricle_margin_mm }) {
    this.#margin_mm = ventricle_margin_mm;
    this.#boxes = new Map(ventricles.flatMap((each) => (each.box ? [[keyOf(each), each.box]] : [])));
  }

  /**
   * Does a box, or a point that marks scar, lie wholly outside the ventricle? Not where it is not known.
   * @param {Slice} slice @param {Prompt} drawn
   */
  isFar(slice, { boxes, points }) {
    const ventricle = this.#boxes.get(keyOf(slice));
    if (!ventricle) return false;
    const [down, across] = slice.pixel_spacing_mm.map((spacing) => this.#margin_mm / spacing);
    const isBeyond = ({ x0, y0, x1, y1 }) =>
      x1 < ventricle.x0 - across || x0 > ventricle.x1 + across || y1 < ventricle.y0 - down || y0 > ventricle.y1 + down;
    const asBox = ({ x, y }) => ({ x0: x, y0: y, x1: x, y1: y });
    return boxes.some(isBeyond) || points.some((point) => point.positive && isBeyond(asBox(point)));
  }
}
