/** The reading's changes as the server tells them: proposals as they come, and what was done in other windows. */

import { eventsPath } from "../common/api.js";

const retry_ms = 2000;

/**
 * Follow a reading for as long as the page is open. A lost connection is taken up again where it broke off.
 * @param {import("./draft.js").Draft} draft @param {(change: object) => void} onChange after the draft has taken it
 */
export function follow(draft, onChange) {
  const { id, prepared, revision, state } = draft.reading;
  let last = `${prepared}.${revision}.${state}`;
  let source = null;
  const open = () => {
    source?.close();
    const opened = (source = new EventSource(eventsPath(id, last)));
    source.addEventListener("change", ({ data, lastEventId }) => {
      last = lastEventId;
      const change = JSON.parse(data);
      draft.take(change);
      onChange(change);
    });
    source.addEventListener("error", () => {
      // The browser itself reconnects after a broken connection, but not after a refusal.
      if (opened !== source || source.readyState !== EventSource.CLOSED) return;
      setTimeout(() => opened === source && document.visibilityState === "visible" && open(), retry_ms);
    });
  };
  document.addEventListener("visibilitychange", () => {
    // A browser has few connections for one host: pages that nobody looks at leave theirs to the others.
    source?.close();
    if (document.visibilityState === "visible") open();
  });
  open();
}
