/** Opening what the page reads: the stack, its reading, and the proposals as they come. */

import { Problem, Unreachable, getReading, getStack, newClientId, startReading } from "./api.js";

const poll_ms = 500;
const retry_ms = 2000;
const wait = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

/** Ask until the server answers; a refusal is thrown, a lost connection is told and tried again. */
async function persistently(ask, onLost) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof Unreachable || (error instanceof Problem && error.isPassing);
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

/** Follow a reading while its proposals are being prepared. */
export async function followPreparing(draft, onProgress) {
  while (draft.reading.state === "preparing") {
    onProgress(draft.reading);
    await wait(poll_ms);
    draft.adopt(
      await persistently(
        () => getReading(draft.reading.id),
        () => {},
      ),
    );
  }
}
