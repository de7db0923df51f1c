/** How long the reader works: while the page is looked at, and something was done on it a little while ago. */

import { newClientId, Problem, sendWork } from "../common/api.js";
import { session } from "../common/session.js";

/** Who does nothing for so long does something else. */
export const idle_after_ms = 30_000;
const tick_ms = 1000;
/** A timer that was held up does not count as work. */
const longest_tick_ms = 2 * tick_ms;
const piece_s = 20;
const longest_piece_s = 60;

/** Counts work from ticks and signs of activity, in milliseconds of any clock. */
export class WorkTimer {
  #at = 0;
  #active = Number.NEGATIVE_INFINITY;
  /** Worked since it was last taken. */
  seconds = 0;

  /** @param {number} now */
  act(now) {
    this.#active = now;
  }

  /** @param {number} now @param {boolean} isLookedAt does the page have the focus? */
  tick(now, isLookedAt) {
    const passed = Math.min(now - this.#at, longest_tick_ms);
    this.#at = now;
    if (isLookedAt && now - this.#active < idle_after_ms) this.seconds += passed / 1000;
  }

  /** @returns {number} what was worked, at most one piece; the rest is left */
  take() {
    const taken = Math.min(this.seconds, longest_piece_s);
    this.seconds -= taken;
    return taken;
  }
}

/** Sends the work on a reading in small pieces, each of which counts once; it starts when the reading is open. */
export class Clock {
  #timer = new WorkTimer();
  /** @type {{client_id: string, seconds: number}[]} the first one is sent until it is stored */
  #pieces = [];
  #isSending = false;

  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    this.draft = draft;
  }

  start() {
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel"])
      document.addEventListener(name, () => this.#timer.act(Date.now()), { capture: true, passive: true });
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void this.flush());
    window.addEventListener("pagehide", () => void this.flush());
    this.#timer.act(Date.now());
    setInterval(() => this.#tick(), tick_ms);
  }

  #tick() {
    this.#timer.tick(Date.now(), document.hasFocus() && document.visibilityState === "visible" && !this.draft.isSigned);
    if (this.#timer.seconds >= piece_s) void this.flush();
  }

  /** Send what was worked so far; what is not stored stays for the next time. */
  async flush() {
    if (this.#timer.seconds > 0) this.#pieces.push({ client_id: newClientId(), seconds: this.#timer.take() });
    if (this.#isSending || !this.draft.isOpen || session.isEnded) return;
    this.#isSending = true;
    try {
      while (this.#pieces.length) {
        await this.#send(this.#pieces[0]);
        this.#pieces.shift();
      }
    } catch {
      // The clock is in nobody's way: it tries again with the next piece.
    }
    this.#isSending = false;
  }

  /** A piece that is refused is done with. */
  async #send(piece) {
    try {
      await sendWork(this.draft.reading.id, piece);
    } catch (error) {
      if (!(error instanceof Problem) || error.isPassing) throw error;
    }
  }
}
