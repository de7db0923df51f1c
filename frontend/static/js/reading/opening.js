/** Which reading the page opens: the one that its address names, or the one that the reader works on. */

import { getReading, newClientId, startReading } from "../common/api.js";
import { untilAnswered } from "../common/retry.js";

const named = (name) => new URLSearchParams(location.search).get(name);

/** @param {string} stackId @param {() => void} onLost */
export function openReading(stackId, onLost) {
  const readingId = named("reading");
  const clientId = newClientId();
  return untilAnswered(() => (readingId ? getReading(readingId) : startReading(stackId, clientId)), onLost);
}

/** The reading that it is compared with, null where with none. */
export const comparedWith = () => named("with");

/** @param {string} stackId @param {string} readingId @param {string|null} [otherId] to compare it with */
export const pathOf = (stackId, readingId, otherId = null) =>
  `/stacks/${encodeURIComponent(stackId)}?reading=${encodeURIComponent(readingId)}` +
  (otherId ? `&with=${encodeURIComponent(otherId)}` : "");
