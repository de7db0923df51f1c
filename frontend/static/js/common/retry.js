/** Asking a server that may be away for a while. */

import { Problem, Unreachable } from "./api.js";

const retry_ms = 2000;

/**
 * Ask until the server answers. A lost connection is announced and tried again.
 * @template T
 * @param {() => Promise<T>} ask @param {() => void} onLost @returns {Promise<T>}
 * @throws {Problem} what the server refuses
 */
export async function untilAnswered(ask, onLost) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof Unreachable || (error instanceof Problem && error.isOnTheWay);
      if (!isPassing) throw error;
      onLost();
      await new Promise((resume) => setTimeout(resume, retry_ms));
    }
  }
}

/** A pause that may end before its time. */
export class Pause {
  end = () => {};

  /** @param {number} milliseconds @returns {Promise<void>} */
  wait(milliseconds) {
    return new Promise((resume) => {
      this.end = resume;
      setTimeout(resume, milliseconds);
    });
  }
}
