/** Where the reader's edits stand, and the file they can be taken away in. */

import { csvPath } from "../common/api.js";
import { hideProgress, noticed_after_ms, say, showProgress } from "../common/status.js";

/** @typedef {import("../pages/reading.js").ReadingPage} Page */

let notice = 0;
let isAwaitedCsv = false;

/** @param {Page} page */
export function showSaving(page) {
  const { state, asideCount } = page.outbox;
  if (state !== "saving") {
    clearTimeout(notice);
    notice = 0;
    tell(page, asideCount && state === "saved" ? "undecided" : state);
  } else {
    notice ||= setTimeout(() => tell(page, page.outbox.state), noticed_after_ms);
  }
}

function tell({ outbox, isPreparing, stack }, state) {
  const place = document.getElementById("saving");
  place.textContent = words(outbox, state);
  place.dataset.state = state;
  if (isPreparing) return;
  if (state === "saving") showProgress(waitingFor(outbox.sending, stack));
  else hideProgress();
}

/** Nothing of it is lost: it is sent as soon as the server answers again. */
function words({ unsavedCount, asideCount, isKept }, state) {
  if (state === "saved") return "All changes saved";
  if (state === "saving") return "Saving…";
  const count = state === "undecided" ? asideCount : unsavedCount;
  const changes = count === 1 ? "1 change" : `${count} changes`;
  if (state === "undecided") return `${changes} not saved`;
  const cause = state === "offline" ? "Offline" : "The server fails";
  return isKept ? `${cause}: ${changes} kept here` : `${cause}: ${changes} not saved`;
}

function waitingFor(edit, { slices }) {
  if (edit?.kind !== "propose") return "";
  return edit.sop_instance_uid ? "Proposing" : `Proposing all ${slices.length} slices`;
}

/** The stored reading as a file; what is still on its way is waited for. @param {Page} page */
export function exportCsv({ draft, outbox }) {
  if (!draft) return;
  if (outbox.hasUnsaved) {
    if (isAwaitedCsv) return;
    isAwaitedCsv = true;
    say("The CSV follows as soon as all changes are saved.");
    const follow = () => {
      isAwaitedCsv = false;
      download(csvPath(draft.reading.id));
    };
    outbox.addEventListener("saved", follow, { once: true });
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
