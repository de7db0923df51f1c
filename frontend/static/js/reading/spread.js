/** How unsure the reading's mass is, as the server finds out while nobody is at work: no click waits for it. */

import { getSpread } from "../common/api.js";
import { isDecided, isSameSlice } from "./segments.js";

/** @typedef {import("../common/types.js").Mass} Mass @typedef {import("../common/types.js").SliceKey} SliceKey */
/** @typedef {import("../common/types.js").Schemas["Spread"]} Answer */

/** It is asked for when nothing was changed for so long. */
const rests_after_ms = 2000;

const textOf = (mass) => JSON.stringify(mass);

/** Events: "change". */
export class Spread extends EventTarget {
  /** @type {Answer|null} the last one that was of the reading as it was here then */
  #answer = null;
  /** What the scar weighed then. */
  #weighed = "";
  #timer = 0;
  /** @type {number|null} the revision that is, or is to be, asked about */
  #wanted = null;

  /** @param {import("./draft.js").Draft} draft @param {import("./outbox.js").Outbox} outbox */
  constructor(draft, outbox) {
    super();
    this.draft = draft;
    this.outbox = outbox;
    for (const source of [draft, outbox]) source.addEventListener("change", () => this.#follow());
  }

  /** Of the whole reading; null where it is not known of what the scar weighs now. @returns {Mass|null} */
  get mass() {
    const { draft } = this;
    return this.#answer && textOf(draft.reading.totals) === this.#weighed ? this.#answer.spread : null;
  }

  /** Of a slice; null where it is not known, or changed since. @param {SliceKey} slice @returns {Mass|null} */
  of(slice) {
    const { draft } = this;
    if (!this.#answer || draft.stored(slice).revision > this.#answer.revision || draft.isAwaiting(slice)) return null;
    return this.#answer.slices.find((each) => isSameSlice(each, slice))?.spread ?? null;
  }

  /** The slices to check first that nobody has decided on or changed since, the most unsure first. @returns {SliceKey[]} */
  get first() {
    const { draft } = this;
    const first = this.#answer?.check_first ?? [];
    return first.filter((slice) => this.of(slice) && !isDecided(draft.slice(slice)));
  }

  #follow() {
    const { draft, outbox } = this;
    const isAtRest = draft.isOpen && !draft.isPreparing && !outbox.hasUnsaved;
    const wanted = isAtRest ? draft.revision : null;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (wanted !== null) this.#timer = setTimeout(() => void this.#ask(wanted), rests_after_ms);
  }

  /** @param {number} revision */
  async #ask(revision) {
    const { id, totals } = this.draft.reading;
    // Without an answer nothing is said of it; after the next change it is asked for again.
    const answer = await getSpread(id).catch(() => null);
    if (!answer || answer.revision !== revision || this.#wanted !== revision) return;
    [this.#answer, this.#weighed] = [answer, textOf(totals)];
    this.dispatchEvent(new Event("change"));
  }
}
