/** Opening what the page reads: the stack and its reading. */

import { Problem, Unreachable, getStack, newClientId, sendLook, startReading } from "../common/api.js";

const retry_ms = 2000;
const wait = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

/** Ask until the server answers; a refusal is thrown, a lost connection is told and tried again. */
export async function persistently(ask, onLost) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Problem && error.isOnTheWay);
      if (!passing) throw error;
      onLost(error);
      await wait(retry_ms);
    }
  }
}

export const openStack = (stackId, onLost) => persistently(() => getStack(stackId), onLost);

/** The stack's draft reading, new or as it was left. */
export function openReading(stackId, onLost) {
  const clientId = newClientId();
  return persistently(() => startReading(stackId, clientId), onLost);
}

/** While proposals are being prepared, ask for that of the slice on the screen next. */
export function lookAt({ draft, stack, index }) {
  if (draft?.reading.state !== "preparing") return;
  // Only an order of work: where it cannot be told, the proposal comes in its turn.
  sendLook(draft.reading.id, stack.slices[index]).catch(() => {});
}
