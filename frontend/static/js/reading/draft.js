/** The reading as the page knows it: what the server has stored, and over it what is not sent yet. */

import { edited, noPrompt } from "./edits.js";

/** @typedef {import("../common/types.js").Reading} Reading @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").Prompt} Prompt */

export const keyOf = (slice) => `${slice.sop_instance_uid}/${slice.frame_number}`;
export const isSameSlice = (a, b) => Boolean(a.sop_instance_uid && b.sop_instance_uid) && keyOf(a) === keyOf(b);

const unread = { revision: 0, state: "pending", ...noPrompt, mask: null, score: null, area_mm2: null, mass: null };

export class Draft extends EventTarget {
  /** @type {Edit[]} what is done, in its order, and not stored yet */
  #unsent = [];
  /** @type {Map<string, ReadSlice>} as stored */
  #slices = new Map();
  /** @type {Map<string, number>} the reading's revision at which each slice was as it is here */
  #at = new Map();
  /** @type {Map<string, ReadSlice>} as shown, until something changes */
  #shown = new Map();
  /** Was the reader told that some proposals failed? */
  failureTold = false;

  /** @param {Reading} reading @param {import("../common/types.js").Stack} stack */
  constructor(reading, stack) {
    super();
    this.reading = reading;
    this.images = new Map(stack.slices.map((image) => [keyOf(image), image]));
    this.take(reading);
  }

  get revision() {
    return this.reading.revision;
  }

  /** What the server told of the reading or of parts of it. What is newer here already stays. */
  take({ slice, slices = slice ? [slice] : [], ...figures }) {
    for (const each of slices) {
      const key = keyOf(each);
      if (figures.revision < (this.#at.get(key) ?? 0)) continue;
      this.#slices.set(key, each);
      this.#at.set(key, figures.revision);
    }
    if (figures.revision >= this.revision) this.reading = { ...this.reading, ...figures };
    this.reading.slices = this.reading.slices.map((each) => this.#slices.get(keyOf(each)));
    this.#changed();
  }

  /** @param {Edit[]} edits that are not stored yet, in their order */
  showUnsent(edits) {
    this.#unsent = edits;
    this.#changed();
  }

  /** @returns {ReadSlice} as the server has it */
  stored(slice) {
    return this.#slices.get(keyOf(slice)) ?? unread;
  }

  /** @returns {ReadSlice} a slice with all that the reader did, stored or not */
  slice(slice) {
    const key = keyOf(slice);
    if (!this.#shown.has(key)) {
      const onIt = this.#unsent.filter((edit) => isSameSlice(edit, slice));
      const image = this.images.get(key);
      this.#shown.set(
        key,
        onIt.reduce((made, edit) => edited(made, edit, image), this.stored(slice)),
      );
    }
    return this.#shown.get(key);
  }

  /** @returns {Prompt} */
  prompt(slice) {
    const { boxes, points } = this.slice(slice);
    return { boxes, points };
  }

  /** Is something that was done to a slice not stored yet? */
  isAwaiting(slice) {
    return this.#unsent.some((edit) => isSameSlice(edit, slice));
  }

  /** The revision that made a slice what it is. Proposals have none: an edit lies over them, however late they come. */
  version(slice) {
    return this.stored(slice).revision;
  }

  #changed() {
    this.#shown.clear();
    this.dispatchEvent(new Event("change"));
  }
}
