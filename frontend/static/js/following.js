/** The reading on the page: opened, followed, and what the server refuses or others changed, told. */

import { Draft, keyOf } from "./draft.js";
import { follow } from "./events.js";
import { Outbox } from "./outbox.js";
import { lookAt, openReading } from "./open.js";
import { showSaving } from "./saving.js";
import { hideProgress, say, showProgress } from "./status.js";
import { kindWords } from "./words.js";

/** @typedef {import("./reading.js").ReadingPage} Page */

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
  const left = page.outbox.resume();
  if (left.length) say(`${left.length} changes of an earlier visit were not saved yet. They are sent now.`);
}

function take(page, reading) {
  page.draft = new Draft(reading);
  page.outbox = new Outbox(page.draft);
  page.draft.addEventListener("change", () => page.show());
  page.outbox.addEventListener("saving", () => {
    showSaving(page);
    page.show();
  });
  page.outbox.addEventListener("stored", ({ detail }) => page.gestures.goToChange(detail));
  page.outbox.addEventListener("refused", ({ detail }) => say(detail.message, { stays: true }));
  page.outbox.addEventListener("conflict", ({ detail }) => collided(page, detail.edit));
  showSaving(page);
  page.show();
}

/** How far the proposals have come. */
function showPreparing({ draft, outbox, stack }) {
  const { state, prepared } = draft.reading;
  const of = stack.slices.length;
  if (state === "preparing") showProgress(`Preparing proposals: ${prepared} of ${of} slices`, prepared / of);
  else if (!outbox.hasUnsaved) hideProgress();
  const isFailed = state === "failed" || draft.reading.slices.some((slice) => slice.state === "failed");
  if (isFailed && !draft.failureTold) say(notProposed, { stays: true });
  draft.failureTold ||= isFailed;
}

/** What the reader did collides with what was done elsewhere: theirs is shown, ours can be put over it. */
function collided(page, edit) {
  const at = page.stack.slices.findIndex((each) => keyOf(each) === keyOf(edit));
  if (at < 0) {
    say("This reading was changed in another window meanwhile. Look at it, then undo or redo again.", { stays: true });
    return;
  }
  say(
    `Slice ${at + 1} was changed in another window meanwhile. It shows what is stored there; your change to it ` +
      `(${kindWords[edit.kind]}) is not on it.`,
    {
      stays: true,
      action: "Use mine instead",
      act: () => {
        page.outbox.add(edit);
        void page.go(at);
      },
    },
  );
}
