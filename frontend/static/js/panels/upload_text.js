/** What is said of an upload. */

import { counted, fileSize } from "../common/format.js";

/** @typedef {import("../upload/queue.js").UploadQueue} UploadQueue @typedef {import("../upload/files.js").UploadFiles} UploadFiles */

/** @param {UploadQueue} queue that is not done; while files are on their way the text stays as it is */
export function progressText({ files, state, trouble, isEnding }) {
  const { arrived, waiting, sending } = files.counts;
  const of = counted(files.items.length, "file");
  if (isEnding) return "Cancelling: the server is asked what became of the last files…";
  if (state === "lost") return `${trouble} The upload goes on by itself as soon as it answers; nothing is lost.`;
  if (state === "running") return `Uploading ${of}. Stacks are complete once all have arrived.`;
  const kept = `${arrived} of ${of} arrived and ${arrived === 1 ? "stays" : "stay"}, ${waiting + sending} were not sent.`;
  return `${trouble ? `The upload stopped: ${trouble}` : "Cancelled."} ${kept}`;
}

/** @param {UploadFiles} files @param {number} sent bytes */
export function countsText({ items, counts, bytes, stored, alreadyHere, refusals }, sent) {
  const done = `${counts.arrived + counts.refused} of ${counted(items.length, "file")}`;
  const size = `${fileSize(sent)} of ${fileSize(bytes)}`;
  return `${done} · ${size} · ${stored} new · ${alreadyHere} already here · ${refusals.length} refused`;
}

/** @param {UploadFiles} files */
export function doneText({ studies, stored, alreadyHere, refusals }) {
  const refused = refusals.length ? ` ${counted(refusals.length, "file")} refused.` : "";
  if (!studies.size) return `Nothing was imported.${refused}`;
  const images = [
    stored || !alreadyHere ? `${counted(stored, "new image")}` : "",
    alreadyHere ? `${counted(alreadyHere, "image")} already here` : "",
  ].filter(Boolean);
  const what = `${counted(studies.size, "study", "studies")} imported: ${images.join(", ")}.`;
  return what + refused + withoutLge([...studies.values()]);
}

/** @param {boolean[]} studies whether each shows late gadolinium enhancement */
function withoutLge(studies) {
  const without = studies.filter((hasLge) => !hasLge).length;
  if (!without) return "";
  const where = studies.length > 1 ? ` in ${without} of them.` : ".";
  return (
    ` No late gadolinium enhancement was recognised${where}` +
    " If a stack does show it, open the stack and mark it as LGE."
  );
}
