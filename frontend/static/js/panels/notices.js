/** Messages about edits: what was undone, sent late, refused, or overtaken by another window. */

import { counted, editNames } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { takenOverText } from "../reading/segmentations.js";
import { sayOfAnswer } from "./answers.js";

/** @typedef {import("../common/types.js").Step} Step @typedef {import("../reading/outbox.js").Outbox} Outbox */
/** @typedef {import("../image/slices.js").Slices} Slices */

const changesPart = new Set(["prompt", "paint"]);

/**
 * @param {Outbox} outbox @param {Slices} slices
 * @param {(what: string, slices: Partial<import("../common/types.js").SliceKey>[]) => void} goToChange
 */
export function bindNotices(outbox, slices, goToChange) {
  const on = (name, act) => outbox.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));
  on("stored", (stored) => {
    const { edit, answer, isQuiet } = stored;
    if (isQuiet) return;
    sayOfAnswer(stored);
    if (edit.segmentation) showMessage(`You ${takenOverText(edit.segmentation)}. Undo takes it back.`);
    if (edit.kind === "undo") goToChange("Undone", answer.slices);
    if (edit.kind === "redo") goToChange("Done again", answer.slices);
  });
  on("undone", ({ edit }) => goToChange("Undone", [edit]));
  on("redone", ({ edit }) => goToChange("Done again", [edit]));
  on("recovered", ({ count }) =>
    showMessage(`${counted(count, "change")} of an earlier visit not saved yet: sent now.`),
  );
  on("dropped", showDropped);
  on("aside", (step) => showAside(step, outbox, slices));
}

/** An edit of the whole reading that was not done. */
function showDropped({ edit, message }) {
  const reason = message ?? "the reading was changed in another window meanwhile. Look at it, then try again.";
  showMessage(`Not done (${editNames[edit.kind]}): ${reason}`, { stays: message === null });
}

/**
 * What the reader did to a slice is not stored: it is kept until they decide.
 * @param {Step} step @param {Outbox} outbox @param {Slices} slices
 */
function showAside(step, outbox, slices) {
  const { edit, refusal = null } = step;
  const at = slices.indexOf(edit);
  const what = editNames[edit.kind];
  const where = at < 0 ? "A slice that the reading has no more" : `Slice ${at + 1}`;
  const collision =
    `${where} was changed in another window meanwhile. It shows what is stored there; your change to it ` +
    `(${what}) is not on it.`;
  const again = changesPart.has(edit.kind) ? "Use mine too" : "Use mine instead";
  showMessage(refusal === null ? collision : `${where}: your change (${what}) was refused. ${refusal}`, {
    stays: true,
    action: refusal === null ? again : "Try again",
    act: () => {
      outbox.sendAgain(step);
      if (at >= 0) void slices.go(at);
    },
    dismiss: () => outbox.discard(step),
  });
}
