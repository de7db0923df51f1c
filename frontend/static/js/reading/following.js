/** The reading on the page: opened, followed, and what the server refuses or others changed, told. */

import { Draft, keyOf } from "./draft.js";
import { follow } from "./events.js";
import { Outbox } from "./outbox.js";
import { lookAt, openReading } from "./open.js";
import { showSaving } from "../panels/saving.js";
import { hideProgress, say, showProgress } from "../common/status.js";
import { counted, kindWords } from "../common/format.js";

/** @typedef {import("../pages/reading.js").ReadingPage} Page */

const walked = { undo: "Undone", redo: "Done again" };
/** What changes part of a slice, and leaves the rest as it is stored. */
const addsTo = new Set(["prompt", "paint"]);
const notProposed =
  "Not every slice could be proposed. Draw on the image, or press Shift+R to try the stack again.";

/** Open the stack's draft and keep the page to it. @param {Page} page */
export async function beginReading(page) {
  showProgress("Opening the reading");
  try {
    take(page, await openReading(page.stack.stack_id, () => showProgress("The server cannot be reached, trying again")));
  } catch (error) {
    say(`The reading cannot be opened: ${error.message}`, { stays: true });
    hideProgress();
    page.show();
    return;
  }
  hideProgress();
  showPreparing(page);
  lookAt(page);
  follow(page.draft, () => showPreparing(page));
  page.outbox.resume();
}

function take(page, reading) {
  page.draft = new Draft(reading, page.stack);
  page.outbox = new Outbox(page.draft);
  const { draft, outbox, gestures } = page;
  draft.addEventListener("change", () => page.show());
  const on = (name, act) => outbox.addEventListener(name, ({ detail }) => act(detail));
  on("saving", () => {
    showSaving(page);
    page.show();
  });
  on("stored", ({ edit, answer }) => {
    if (edit.kind in walked) gestures.goToChange(walked[edit.kind], answer.slices);
  });
  on("withdrawn", ({ edit }) => gestures.goToChange(walked.undo, [edit]));
  on("restored", ({ edit }) => gestures.goToChange(walked.redo, [edit]));
  on("adopted", ({ count }) => say(`${counted(count, "change")} of an earlier visit not saved yet: sent now.`));
  on("dropped", dropped);
  on("aside", (step) => aside(page, step));
  showSaving(page);
  page.show();
}

/** How far the proposals have come. */
function showPreparing({ draft, outbox, stack }) {
  const { state, prepared } = draft.reading;
  const of = stack.slices.length;
  if (state === "preparing") showProgress(`Preparing proposals: ${prepared} of ${of} slices`, prepared / of);
  else if (!outbox.hasUnsaved) hideProgress();
  const waits = new Set(state === "failed" ? ["failed", "pending"] : ["failed"]);
  const isFailed = draft.reading.slices.some((slice) => waits.has(slice.state) && slice.revision === 0);
  if (isFailed && !draft.failureTold) say(notProposed, { stays: true });
  draft.failureTold ||= isFailed;
}

/** An undo, a redo or a proposal of all slices that was not done. */
function dropped({ edit, message }) {
  const why = message ?? "the reading was changed in another window meanwhile. Look at it, then try again.";
  say(`Not done (${kindWords[edit.kind]}): ${why}`, { stays: message === null });
}

/** What the reader did to a slice is not stored: it is kept until they decide. */
function aside(page, step) {
  const { stack, outbox } = page;
  const { edit, refusal } = step;
  const at = stack.slices.findIndex((each) => keyOf(each) === keyOf(edit));
  const what = kindWords[edit.kind];
  const collision =
    `Slice ${at + 1} was changed in another window meanwhile. It shows what is stored there; your change to it ` +
    `(${what}) is not on it.`;
  say(refusal === null ? collision : `Slice ${at + 1}: your change (${what}) was refused. ${refusal}`, {
    stays: true,
    action: refusal === null ? (addsTo.has(edit.kind) ? "Use mine too" : "Use mine instead") : "Try again",
    act: () => {
      outbox.insist(step);
      void page.go(at);
    },
    dismiss: () => outbox.discard(step),
  });
}
