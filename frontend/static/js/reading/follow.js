/** The reading's changes, as the server sends them: proposals as they come, and what was done in other windows. */

import { getSession } from "../common/access_api.js";
import { eventsPath } from "../common/api.js";
import { session } from "../common/session.js";

const retry_ms = 2000;

/**
 * Follow a reading for as long as the page is open. A lost connection is taken up again where it broke off.
 * @param {import("./draft.js").Draft} draft which takes the changes in @param {() => void} onChange after that
 * @param {(stack: import("../common/types.js").Stack) => void} onStack its stack was changed
 */
export function follow(draft, onChange, onStack) {
  const { id, prepared, revision, state } = draft.reading;
  let last = `${prepared}.${revision}.${state}`;
  /** @type {EventSource|null} */
  let source = null;
  const open = () => {
    source?.close();
    const opened = new EventSource(eventsPath(id, last));
    source = opened;
    opened.addEventListener("change", ({ data, lastEventId }) => {
      last = lastEventId;
      draft.take(JSON.parse(data));
      onChange();
    });
    opened.addEventListener("stack", ({ data, lastEventId }) => {
      last = lastEventId || last;
      onStack(JSON.parse(data));
    });
    opened.addEventListener("error", () => {
      // The browser itself reconnects after a broken connection, but not after a refusal.
      if (opened !== source || opened.readyState !== EventSource.CLOSED) return;
      const isWanted = () => opened === source && document.visibilityState === "visible" && !session.isEnded;
      setTimeout(async () => {
        // Whether it was refused for want of a session is not told.
        if (session.personId && isWanted()) await getSession().catch(() => {});
        if (isWanted()) open();
      }, retry_ms);
    });
  };
  document.addEventListener("visibilitychange", () => {
    // A browser opens few connections to one host: a hidden page closes its own.
    source?.close();
    if (document.visibilityState === "visible" && !session.isEnded) open();
  });
  window.addEventListener("sessionresume", open);
  open();
}
