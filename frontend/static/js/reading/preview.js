/**
 * What a click would do where the pointer rests, as the server answers it without storing anything. One question at a time,
 * and none while the pointer moves: a real click waits for nothing. Off until a reader turns it on.
 */

import { askSegment } from "../common/api.js";
import { segmentOf } from "./segments.js";

/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../common/types.js").Point} Point */
/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").ReadSlice} ReadSlice */

const storedAs = "scarmass.preview";
/** The pointer rests when it has not moved for so long. */
const rests_after_ms = 150;

/** Events: "change". */
export class Preview extends EventTarget {
  isOn = localStorage.getItem(storedAs) === "on";
  /** @type {Rle|null} what the slice's mask would be */
  mask = null;
  #timer = 0;
  /** @type {AbortController|null} of the question on its way */
  #asking = null;

  toggle() {
    this.isOn = !this.isOn;
    localStorage.setItem(storedAs, this.isOn ? "on" : "off");
    this.end();
  }

  /**
   * The pointer came to a place where a click would put this point.
   * @param {Point} point @param {ReadSlice} slice @param {{sensitivity?: number}} reading
   * @param {import("../common/types.js").Structure} structure
   */
  rest(point, slice, reading, structure) {
    this.end();
    if (this.isOn) this.#timer = setTimeout(() => void this.#ask(point, slice, reading, structure), rests_after_ms);
  }

  /** Nothing would be clicked, or something else was done. */
  end() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
    if (this.mask) this.#show(null);
  }

  /**
   * @param {Point} point @param {ReadSlice} slice @param {{sensitivity?: number}} reading
   * @param {import("../common/types.js").Structure} structure
   */
  async #ask(point, slice, { sensitivity }, structure) {
    const asking = new AbortController();
    this.#asking = asking;
    const { mask, boxes, points } = segmentOf(slice, structure);
    const { sop_instance_uid, frame_number } = slice;
    const prompt = { boxes, points: [...points, point], previous: mask, sensitivity };
    try {
      const answer = await askSegment({ sop_instance_uid, frame_number, structure, ...prompt }, asking.signal);
      if (this.#asking === asking) this.#show(answer.mask);
    } catch {
      // Without an answer there is no preview; the click itself says what is wrong.
    }
  }

  /** @param {Rle|null} mask */
  #show(mask) {
    this.mask = mask;
    this.dispatchEvent(new Event("change"));
  }
}
