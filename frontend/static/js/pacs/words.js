/** What the network's machines, transfers and rules are called on the page. */

import { counted, day, personName, timeOf } from "../common/format.js";

/** @typedef {import("../common/types.js").Schemas["Transfer"]} Transfer */

/** @type {Record<import("../common/types.js").Schemas["TransferState"], string>} */
export const stateNames = {
  waiting: "waits",
  running: "under way",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

/** @type {Record<import("../common/types.js").Schemas["ResultKind"], string>} */
export const kindNames = { seg: "SEG", sr: "SR", pdf: "PDF", key_images: "key images" };

/** @param {import("../common/types.js").Schemas["ResultKind"][]} kinds */
export const kindsText = (kinds) => kinds.map((kind) => kindNames[kind]).join(", ");

/** @param {{name: string, id: string, birth_date: string}|null} patient @param {string|null} date of the study */
export function patientText(patient, date) {
  if (!patient) return { name: "Not here yet", about: "" };
  const born = patient.birth_date ? ` · born ${day(patient.birth_date)}` : "";
  const studied = date === null ? "" : ` · study of ${day(date)}`;
  return { name: personName(patient.name), about: `${patient.id || "no ID"}${born}${studied}` };
}

/** @param {Transfer} transfer */
export function progressText({ state, done, of, attempts, next_attempt_at, committed_at, direction }) {
  const objects = direction === "send" ? "object" : "image";
  const many = of === null ? counted(done, objects) : `${done} of ${counted(of, objects)}`;
  if (state === "running") return `${stateNames[state]}, ${many}`;
  if (state === "done") {
    const all = of !== null && done < of ? many : counted(done, objects);
    return `${direction === "send" ? "sent" : "fetched"}, ${all}${kept(committed_at)}`;
  }
  if (state === "waiting" && attempts)
    return `${stateNames[state]}, attempt ${attempts + 1}${next_attempt_at ? ` at ${timeOf(next_attempt_at)}` : ""}`;
  return stateNames[state];
}

const kept = (committed_at) => (committed_at ? ", kept" : "");

/** Where a reading's result went. @param {Transfer} transfer */
export function sentText({ peer, state, reason, changed_at, committed_at }) {
  if (state === "done") return `Sent to ${peer} at ${timeOf(changed_at)}${kept(committed_at)}`;
  if (state === "running") return `Is being sent to ${peer}`;
  if (state === "waiting") return `${peer} waits${reason ? `: ${reason}` : ""}`;
  return `Not sent to ${peer} (${stateNames[state]})${reason ? `: ${reason}` : ""}`;
}

/** All of a reading's transfers in a word or two: what is amiss counts. @param {Transfer[]} transfers */
export function sentShort(transfers) {
  const states = new Set(transfers.map(({ state }) => state));
  if (!transfers.length) return "Send";
  if (states.has("failed")) return "Not sent";
  if (states.has("waiting")) return "Waits to be sent";
  if (states.has("running")) return "Is being sent";
  const to = transfers.filter(({ state }) => state === "done").map(({ peer }) => peer);
  return to.length ? `Sent to ${to.length > 1 ? `${to.length} peers` : to[0]}` : "Not sent";
}

/** @param {{modalities: string[], words: string[], calling: string[]}} rule */
export function matchText({ modalities, words, calling }) {
  const parts = [
    modalities.length ? modalities.join(" or ") : "",
    words.length ? `with ${words.map((word) => `“${word}”`).join(" or ")} in a description` : "",
    calling.length ? `from ${calling.join(" or ")}` : "",
  ].filter(Boolean);
  return parts.join(", ") || "everything";
}
