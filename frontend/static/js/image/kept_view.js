/** How this reader looked at a stack last on this computer: zoom, place, window and turn, for each of the last stacks. */

import { session } from "../common/session.js";

/**
 * @typedef {object} KeptView
 * @property {number} x what lies in the middle, in image pixels @property {number} y @property {number} zoom
 * @property {{center: number, width: number}} window @property {boolean} inverted
 * @property {{quarters: number, mirrored: boolean}} turn
 */

const keptAt = () => session.keyOf("scarmass.views");
const most_kept = 200;
const settled_ms = 400;

/** @returns {[string, KeptView][]} the one that was looked at last is the last */
function all() {
  try {
    const kept = JSON.parse(localStorage.getItem(keptAt()) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {string} stackId @returns {KeptView|null} */
export const keptView = (stackId) => all().find(([id]) => id === stackId)?.[1] ?? null;

/** @param {string} stackId @param {KeptView} view */
function keep(stackId, view) {
  const others = all().filter(([id]) => id !== stackId);
  try {
    localStorage.setItem(keptAt(), JSON.stringify([...others, [stackId, view]].slice(-most_kept)));
  } catch {
    // A full storage is kept for what the reader did.
  }
}

/** Keep how a stack is looked at once it is looked at in one way for a moment. @param {string} stackId @param {import("./viewport.js").Viewport} view */
export function keepView(stackId, view) {
  let settling = 0;
  const now = () => view.looked && keep(stackId, view.looked);
  view.addEventListener("view", () => {
    clearTimeout(settling);
    settling = setTimeout(now, settled_ms);
  });
  window.addEventListener("pagehide", now);
}
