/** The reading as the page has it: what the server has stored, and on top of it what is not sent yet. */

import { edited } from "./edits.js";
import { keyOf, readSliceOf, segmentOf, touches, unread } from "./segments.js";

/** @typedef {import("../common/types.js").Reading} Reading @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").Prompt} Prompt */
/** @typedef {import("../common/types.js").SliceKey} SliceKey @typedef {import("../common/types.js").Slice} Slice */
/** @typedef {Omit<Reading, "slices"> & {slices: ReadSlice[]}} Shown */
/** @typedef {import("../common/types.js").ReadingChange} Change @typedef {import("../common/types.js").EditAnswer} EditAnswer */

/** Events: "change" (of anything that it shows), "images" (the reading has other slices now). */
export class Draft extends EventTarget {
  /** @type {Edit[]} what is done, in its order, and not stored yet */
  #unsent = [];
  /** @type {Map<string, ReadSlice>} as stored */
  #slices = new Map();
  /** @type {Map<string, number>} the reading's revision at which each slice was as it is here */
  #revisions = new Map();
  /** @type {Map<string, ReadSlice>} as shown, until something changes */
  #shown = new Map();
  /** @type {Map<string, Slice>} */
  #images = new Map();
  /** The reading's revision at which these were its images. */
  #imagesRevision = 0;
  /** @type {Shown|null} */
  #reading = null;

  /** @param {Reading} reading */
  open(reading) {
    this.#reading = { ...reading, slices: [] };
    this.take(reading);
  }

  /** The slices that are shown, measured and exported, in their order. */
  get images() {
    return [...this.#images.values()];
  }

  get isOpen() {
    return this.#reading !== null;
  }

  /** The reading as it is stored. @throws {Error} before it is open */
  get reading() {
    if (!this.#reading) throw new Error("The reading is not open.");
    return this.#reading;
  }

  get revision() {
    return this.reading.revision;
  }

  /** Is it as its reader signed it, whether a newer version amends it or not? */
  get isSigned() {
    return this.isOpen && (this.reading.state === "signed" || this.reading.state === "amended");
  }

  /** Are proposals still to come? */
  get isPreparing() {
    return this.isOpen && this.reading.state === "preparing";
  }

  /**
   * Take in an answer of the server: the reading, or what changed of it. What is newer here stays.
   * @param {Reading|Change|EditAnswer} answer with images where the reading has other ones now
   */
  take({ slices, images, ...figures }) {
    for (const each of slices) {
      const key = keyOf(each);
      if (figures.revision < (this.#revisions.get(key) ?? 0)) continue;
      this.#slices.set(key, readSliceOf(each));
      this.#revisions.set(key, figures.revision);
    }
    const hasImages = images && figures.revision >= this.#imagesRevision;
    if (hasImages) this.#setImages(images, figures.revision);
    const isNewest = figures.revision >= this.revision;
    const inOrder = this.images.map((image) => this.stored(image));
    this.#reading = { ...this.reading, ...(isNewest ? figures : {}), slices: inOrder };
    this.#changed();
    if (hasImages) this.dispatchEvent(new Event("images"));
  }

  /** @param {Slice[]} images @param {number} revision */
  #setImages(images, revision) {
    this.#images = new Map(images.map((image) => [keyOf(image), image]));
    this.#imagesRevision = revision;
  }

  /** @param {Edit[]} edits that are not stored yet, in their order */
  showUnsent(edits) {
    this.#unsent = edits;
    this.#changed();
  }

  /** @param {SliceKey} slice @returns {ReadSlice} as the server has it */
  stored(slice) {
    return this.#slices.get(keyOf(slice)) ?? unread(slice);
  }

  /** @param {SliceKey} slice @returns {ReadSlice} with all that the reader did, stored or not */
  slice(slice) {
    const key = keyOf(slice);
    let shown = this.#shown.get(key);
    if (!shown) {
      shown = this.stored(slice);
      const image = this.#images.get(key);
      if (image) for (const edit of this.#unsent) if (touches(edit, slice)) shown = edited(shown, edit, image);
      this.#shown.set(key, shown);
    }
    return shown;
  }

  /** @param {SliceKey} slice @returns {Prompt} */
  prompt(slice) {
    const { boxes, points } = segmentOf(this.slice(slice));
    return { boxes, points };
  }

  /** Is something that was done to a slice not stored yet? @param {SliceKey} slice */
  isAwaiting(slice) {
    return this.#unsent.some((edit) => touches(edit, slice));
  }

  /**
   * The revision that made a slice what it is. Proposals have none: an edit lies over them, however late they come.
   * @param {SliceKey} slice
   */
  version(slice) {
    return this.stored(slice).revision;
  }

  #changed() {
    this.#shown.clear();
    this.dispatchEvent(new Event("change"));
  }
}
