/** The reading as the page knows it: what the server has stored, and over it what is still on its way there. */

/** @typedef {import("./shapes.js").Reading} Reading @typedef {import("./shapes.js").ReadSlice} ReadSlice */
/** @typedef {import("./shapes.js").Prompt} Prompt */

export const keyOf = (slice) => `${slice.sop_instance_uid}/${slice.frame_number}`;

const unread = new Set(["pending", "proposed", "failed"]);

export class Draft extends EventTarget {
  /** @type {Map<string, Partial<ReadSlice>>} what the reader made of a slice, as far as it is known before it is stored */
  #unsaved = new Map();
  /** @type {Map<string, ReadSlice>} */
  #slices = new Map();
  /** @type {Map<string, number>} the revision at which each slice was as it is here */
  #at = new Map();

  /** @param {Reading} reading */
  constructor(reading) {
    super();
    this.reading = reading;
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

  /** @returns {ReadSlice} a slice with what the reader did last, stored or not */
  slice(slice) {
    const stored = this.#slices.get(keyOf(slice));
    return { ...stored, ...this.#unsaved.get(keyOf(slice)) };
  }

  /** @returns {Prompt} */
  prompt(slice) {
    const { boxes = [], points = [] } = this.slice(slice);
    return { boxes, points };
  }

  /** Is something that was done to a slice not stored yet? */
  isAwaiting(slice) {
    return this.#unsaved.has(keyOf(slice));
  }

  /** Show what an edit will make of a slice before the server has stored it. @param {Partial<ReadSlice>} changes */
  expect(slice, changes) {
    this.#unsaved.set(keyOf(slice), { ...this.#unsaved.get(keyOf(slice)), ...changes });
    this.#changed();
  }

  /** The slice's newest edit is stored, or refused: from now on the stored one stands. */
  settle(slice) {
    this.#unsaved.delete(keyOf(slice));
    this.#changed();
  }

  /**
   * Tells whether a slice is still as a reader left it. Proposals alone do not count: an edit lies over them, however
   * late they come.
   */
  version(slice) {
    const stored = this.#slices.get(keyOf(slice));
    return !stored || unread.has(stored.state) ? "unread" : hash(JSON.stringify(stored));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** FNV-1a, to tell contents apart. */
function hash(text) {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(16);
}
