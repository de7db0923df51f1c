/** How far the proposals have come, and what to do where they failed. */

import { hideProgress, showMessage, showProgress } from "../common/status.js";

const wayOn = "Draw on the image, or press Shift+R to try the stack again.";
let shown = "";

/**
 * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
 * @param {() => void} proposeAgain
 */
export function showPreparing({ reading, isPreparing }, outbox, proposeAgain) {
  const { prepared, slices } = reading;
  if (isPreparing)
    showProgress(`Preparing proposals: ${prepared} of ${slices.length} slices`, prepared / slices.length);
  else if (!outbox.hasUnsaved) hideProgress();
  const failure = isPreparing ? "" : failureOf(reading);
  if (failure && failure !== shown) showMessage(failure, { stays: true, action: "Propose again", act: proposeAgain });
  shown = failure;
}

/** @param {import("../reading/draft.js").Draft["reading"]} reading @returns {string} nothing where nothing failed */
function failureOf({ state, reason, slices }) {
  const isFailed = (slice) => slice.state === "failed" && slice.revision === 0;
  if (state === "failed" && reason) return `${reason} ${wayOn}`;
  return state === "failed" || slices.some(isFailed) ? `Not every slice could be proposed. ${wayOn}` : "";
}
