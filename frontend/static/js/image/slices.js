/** The slices that the page shows, in their order, and the one that the reader is on. */

import { hideProgress, isProgressShown, noticed_after_ms, showMessage, showProgress } from "../common/status.js";
import { isSameSlice, keyOf } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").SliceKey} SliceKey */

/** @param {Slice|undefined} a @param {Slice} b */
export function hasSameGrid(a, b) {
  const grid = ({ rows, columns, pixel_spacing_mm }) => [rows, columns, ...pixel_spacing_mm].join();
  return a !== undefined && grid(a) === grid(b);
}

/**
 * Events: "move" (to another slice), "change" (the list is another one), "show" (where the reader is, or its image, is to be
 * shown anew).
 */
export class Slices extends EventTarget {
  /** @param {import("./viewport.js").Viewport} view @param {Slice[]} list */
  constructor(view, list) {
    super();
    this.view = view;
    this.list = list;
    this.index = Math.floor(list.length / 2);
  }

  get length() {
    return this.list.length;
  }

  get current() {
    return this.list[this.index];
  }

  /** Is the slice that the reader is on also the one on the screen? */
  get isShown() {
    return this.view.shown >= 0 && isSameSlice(this.view.slice, this.current);
  }

  /** @param {Partial<SliceKey>} slice @returns {number} -1 where it is none of these */
  indexOf(slice) {
    return this.list.findIndex((each) => isSameSlice(each, slice));
  }

  /** @param {number} by */
  step(by) {
    const wanted = this.index + by;
    if (wanted >= 0 && wanted < this.length) void this.go(wanted);
  }

  /** @param {number} index the nearest that there is; a press on the image keeps the slice */
  async go(index) {
    if (this.view.isPressed) return;
    const wanted = Math.max(0, Math.min(this.length - 1, index));
    const isOther = wanted !== this.index;
    this.index = wanted;
    if (isOther) this.dispatchEvent(new Event("move"));
    await this.#show(() => this.view.show(wanted));
  }

  /** Show other slices from now on, at the one that the reader was on. @param {Slice[]} list */
  async replace(list) {
    const key = keyOf(this.current);
    const at = list.findIndex((each) => keyOf(each) === key);
    this.index = at >= 0 ? at : Math.min(this.index, list.length - 1);
    this.list = list;
    this.dispatchEvent(new Event("change"));
    if (at < 0) this.dispatchEvent(new Event("move"));
    await this.#show(() => this.view.replace(list, this.index));
  }

  /** Bring an image on the screen; a wait that can be noticed is announced. @param {() => Promise<void>} bring */
  async #show(bring) {
    this.dispatchEvent(new Event("show"));
    let isAnnounced = false;
    const slow = setTimeout(() => {
      isAnnounced = !isProgressShown();
      if (isAnnounced) showProgress(`Loading slice ${this.index + 1}`);
    }, noticed_after_ms);
    try {
      await bring();
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      showMessage(`Slice ${this.index + 1} cannot be shown: ${reason}`, { stays: true });
    }
    clearTimeout(slow);
    if (isAnnounced) hideProgress();
    this.dispatchEvent(new Event("show"));
  }
}
