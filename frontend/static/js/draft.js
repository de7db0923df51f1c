/** The reading as the page knows it: what the server has stored, and over it the prompts still on their way there. */

/** @typedef {import("./shapes.js").Reading} Reading @typedef {import("./shapes.js").Prompt} Prompt */

export const keyOf = (slice) => `${slice.sop_instance_uid}/${slice.frame_number}`;

export class Draft extends EventTarget {
  /** @type {Map<string, Prompt>} */
  #unsaved = new Map();
  /** @type {Map<string, import("./shapes.js").ReadSlice>} */
  #slices = new Map();

  /** @param {Reading} reading */
  constructor(reading) {
    super();
    this.#take(reading);
  }

  #take(reading) {
    this.reading = reading;
    for (const slice of reading.slices) this.#slices.set(keyOf(slice), slice);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  get revision() {
    return this.reading.revision;
  }

  slice(slice) {
    return this.#slices.get(keyOf(slice));
  }

  /** @returns {Prompt} what the reader drew on a slice last, stored or not */
  prompt(slice) {
    const stored = this.slice(slice);
    return this.#unsaved.get(keyOf(slice)) ?? { boxes: stored?.boxes ?? [], points: stored?.points ?? [] };
  }

  /** Is the outline on a slice older than the prompt on it? */
  isAwaiting(slice) {
    return this.#unsaved.has(keyOf(slice));
  }

  draw(slice, prompt) {
    this.#unsaved.set(keyOf(slice), prompt);
    this.#changed();
  }

  /** The slice's newest prompt is stored, or refused: from now on the stored one stands. */
  settle(slice) {
    this.#unsaved.delete(keyOf(slice));
    this.#changed();
  }

  /** Show the whole reading as stored, unless something newer is here already. */
  adopt(reading) {
    if (reading.revision < this.revision) return;
    this.#take(reading);
    this.#changed();
  }

  /** Show what one edit changed, unless something newer is here already. */
  answered(answer) {
    if (answer.revision < this.revision) return;
    const { slice, slices = slice ? [slice] : [], ...figures } = answer;
    for (const each of slices) this.#slices.set(keyOf(each), each);
    this.#take({
      ...this.reading,
      ...figures,
      slices: this.reading.slices.map((each) => this.#slices.get(keyOf(each))),
    });
    this.#changed();
  }
}
