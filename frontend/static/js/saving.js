/** Where the reader's edits stand, and the file they can be taken away in. */

import { csvPath } from "./api.js";
import { hideProgress, noticed_after_ms, say, showProgress } from "./status.js";

/** @typedef {import("./reading.js").ReadingPage} Page */

const words = { saved: "All changes saved", saving: "Saving…" };
let notice = 0;

/** @param {Page} page */
export function showSaving(page) {
  const { state } = page.outbox;
  clearTimeout(notice);
  if (state === "saving") {
    notice = setTimeout(() => tell(page, state), noticed_after_ms);
    return;
  }
  tell(page, state);
}

function tell({ outbox, isPreparing, stack }, state) {
  const place = document.getElementById("saving");
  place.textContent = words[state] ?? waitingWords(outbox);
  place.dataset.state = state;
  if (isPreparing) return;
  if (state === "saving") showProgress(waitingFor(outbox.sending, stack));
  else hideProgress();
}

/** Nothing of it is lost: it is sent as soon as the server answers again. */
function waitingWords({ unsavedCount, isKept }) {
  const changes = unsavedCount === 1 ? "1 change" : `${unsavedCount} changes`;
  return isKept ? `Offline: ${changes} kept here` : `Offline: ${changes} not saved`;
}

function waitingFor({ kind, sop_instance_uid }, { slices }) {
  if (kind !== "propose") return "";
  return sop_instance_uid ? "Proposing" : `Proposing all ${slices.length} slices`;
}

/** The stored reading as a file; what is still on its way is waited for. @param {Page} page */
export function exportCsv({ draft, outbox }) {
  if (!draft) return;
  if (outbox.hasUnsaved) {
    say("The CSV follows as soon as all changes are saved.");
    outbox.addEventListener("saved", () => download(csvPath(draft.reading.id)), { once: true });
    return;
  }
  download(csvPath(draft.reading.id));
}

function download(path) {
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  link.click();
}
