/**
 * What could not be sent yet, kept in the browser's storage: closing the page, or the computer, loses nothing.
 * Each page keeps its own; what a page that is gone has left is taken over by the next one that opens the reading.
 */

/** @typedef {import("./outbox.js").Step} Step */

const prefix = "scarmass.unsent.";
/** A page that has unsent work says so at least this often; one that was silent for longer is gone. */
const alive_ms = 2000;
const gone_ms = 3 * alive_ms;

export class Unsent {
  #key;
  #timer = 0;
  /** @type {Step[]} */
  #steps = [];

  /** @param {string} readingId @param {string} pageId */
  constructor(readingId, pageId) {
    this.#key = `${prefix}${readingId}.${pageId}`;
    this.readingId = readingId;
  }

  /** @param {Step[]} steps @returns {boolean} whether the browser could keep them */
  keep(steps) {
    this.#steps = steps;
    clearInterval(this.#timer);
    if (steps.length) this.#timer = setInterval(() => this.#write(), alive_ms);
    return this.#write();
  }

  #write() {
    try {
      if (this.#steps.length)
        localStorage.setItem(this.#key, JSON.stringify({ at: Date.now(), steps: this.#steps }));
      else localStorage.removeItem(this.#key);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns {Step[]} what pages that are gone have left of this reading; from now on it is this page's */
  adopt() {
    const adopted = [];
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(`${prefix}${this.readingId}.`));
      for (const key of keys) {
        const { at, steps } = JSON.parse(localStorage.getItem(key));
        if (Date.now() - at < gone_ms && key !== this.#key) continue;
        adopted.push(...steps);
        localStorage.removeItem(key);
      }
    } catch {
      return adopted;
    }
    return adopted;
  }
}
