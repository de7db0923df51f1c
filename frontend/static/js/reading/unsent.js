/**
 * What is not stored yet, kept in the browser's storage: closing the page, or the computer, loses nothing.
 * Each page keeps its own; what a page that is gone has left is recovered by one that has the reading open. With a login
 * it is recovered for the person who did it alone: whoever else signs in at this browser neither sends it nor hears of it.
 */

import { session } from "../common/session.js";

/** @typedef {import("../common/types.js").Step} Step @typedef {{steps: Step[], aside: Step[]}} Left */

const prefix = "scarmass.unsent.";
/** A page with unsent work renews its entry at least so often. */
const alive_ms = 2000;
/** A page that has not renewed it for so long is gone; browsers let hidden pages run once a minute. */
const gone_ms = { visible: 3 * alive_ms, hidden: 90_000 };

/** @returns {Set<string>} the readings that have work in this browser that is not stored */
export const readingsWithUnsent = () =>
  new Set(keys().map((key) => key.slice(prefix.length, key.indexOf(".", prefix.length))));

/** How many edits of this person are kept here, of any reading. */
export function unsentCount() {
  try {
    const left = keys().map((key) => /** @type {Left} */ (JSON.parse(localStorage.getItem(key) ?? "")));
    return left.reduce((count, { steps, aside }) => count + steps.length + aside.length, 0);
  } catch {
    return 0;
  }
}

/** Those of this person. A key names the reading, the page and, with a login, the person. */
function keys() {
  const isOwn = (key) => key.startsWith(prefix) && (key.split(".")[4] ?? "") === session.personId;
  try {
    return Object.keys(localStorage).filter(isOwn);
  } catch {
    return [];
  }
}

export class Unsent {
  #key;
  #timer = 0;
  #isGone = false;
  /** @type {Left} */
  #left = { steps: [], aside: [] };

  /** @param {string} readingId @param {string} pageId */
  constructor(readingId, pageId) {
    this.readingId = readingId;
    this.#key = session.keyOf(`${prefix}${readingId}.${pageId}`);
    document.addEventListener("visibilitychange", () => this.#write());
    // From here on the next page may have it; this one comes back from the browser's cache as a new one.
    window.addEventListener("pagehide", () => {
      this.#isGone = true;
      this.#write();
    });
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  }

  /** @param {Left} left @returns {boolean} whether the browser could keep it */
  keep(left) {
    this.#left = left;
    clearInterval(this.#timer);
    if (this.#isAny) this.#timer = setInterval(() => this.#write(), alive_ms);
    return this.#write();
  }

  get #isAny() {
    return this.#left.steps.length + this.#left.aside.length > 0;
  }

  #write() {
    const alive_until = this.#isGone ? 0 : Date.now() + gone_ms[document.visibilityState];
    try {
      if (this.#isAny) localStorage.setItem(this.#key, JSON.stringify({ alive_until, ...this.#left }));
      else localStorage.removeItem(this.#key);
      return true;
    } catch {
      return false;
    }
  }

  /** @returns {Left} what pages that are gone have left of this reading; from now on it is this page's */
  recover() {
    /** @type {Left} */
    const recovered = { steps: [], aside: [] };
    try {
      for (const key of keys()) {
        if (key === this.#key || !key.startsWith(`${prefix}${this.readingId}.`)) continue;
        const { alive_until, steps, aside } = JSON.parse(localStorage.getItem(key) ?? "");
        if (Date.now() < alive_until) continue;
        recovered.steps.push(...steps);
        recovered.aside.push(...aside);
        localStorage.removeItem(key);
      }
    } catch {
      return recovered;
    }
    return recovered;
  }
}
