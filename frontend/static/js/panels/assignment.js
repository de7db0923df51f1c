/** A reading that is a measurement in a reader study: which one it is, and the way to the reader's next one. */

import { newClientId, openNext, Problem } from "../common/api.js";
import { byId } from "../common/dom.js";
import { untilAnswered } from "../common/retry.js";
import { showMessage, showProgress } from "../common/status.js";
import { armNames, placeText, studyPath } from "../reader_study/words.js";
import { pathOf } from "../reading/opening.js";

/** @typedef {import("../common/types.js").Schemas["Assignment"]} Assignment */

/** @param {import("../reading/draft.js").Draft} draft @returns {Assignment|null} */
export const assignmentOf = (draft) => (draft.isOpen ? (draft.reading.assignment ?? null) : null);

/** Say which measurement the page shows. @param {import("../reading/draft.js").Draft} draft */
export function showAssignment(draft) {
  const assignment = assignmentOf(draft);
  document.body.classList.toggle("measuring", assignment !== null);
  document.body.classList.toggle("without-proposals", assignment?.arm === "without_proposals");
  const place = byId("assignment", HTMLAnchorElement);
  place.hidden = !assignment;
  if (!assignment) return;
  place.href = studyPath(assignment.reader_study_id);
  place.textContent = placeText(assignment);
  place.title = place.ariaLabel = `Reader study: ${placeText(assignment)}, ${armNames[assignment.arm]}`;
}

/** Whether models may be asked to propose; where not, it says why. @param {import("../reading/draft.js").Draft} draft */
export function mayPropose(draft) {
  const isWithout = assignmentOf(draft)?.arm === "without_proposals";
  if (isWithout) showMessage("This part of the reader study is read without proposals.");
  return !isWithout;
}

/** Open what this reader reads next in the study, or the study where nothing is left. @param {Assignment} assignment */
export async function goToNext({ reader_study_id }) {
  const clientId = newClientId();
  try {
    const next = await untilAnswered(
      () => openNext(reader_study_id, clientId),
      () => showProgress("The server cannot be reached, trying again"),
    );
    location.assign(pathOf(next.assignment.stack_id, next.reading_id));
  } catch (error) {
    const isDone = error instanceof Problem && error.body.type?.endsWith(":NothingLeftToRead");
    if (!isDone) throw error;
    location.assign(studyPath(reader_study_id));
  }
}
