/** What the audit trail calls things, in words. */

import { readerShown } from "../common/format.js";

/** @type {Record<import("../common/types.js").Schemas["Action"], string>} */
export const actionNames = {
  open: "patient opened",
  list: "patients listed",
  query: "archive searched",
  import: "import",
  edit: "edit",
  sign: "signed",
  amend: "amended",
  export: "export",
  send: "sent",
  fetch: "fetched",
  ask: "models asked",
  stack: "stack changed",
  remove: "taken off the worklist, or brought back",
  consent: "consent to training",
  delete: "deleted for good",
  reader_study: "reader study made",
  sign_in: "sign-in",
  sign_out: "sign-out",
  administer: "people and tokens",
  settings: "settings",
  promote: "other models serve",
  audit: "audit trail looked at",
  start: "server started",
  stop: "server stopped",
};

/** @type {Record<import("../common/types.js").Schemas["Outcome"], string>} */
export const outcomeNames = { success: "success", refused: "refused", failed: "failed" };

/** @param {{outcome: import("../common/types.js").Schemas["Outcome"], reason: string}} event */
export const outcomeText = ({ outcome, reason }) =>
  reason ? `${outcomeNames[outcome]}: ${reason}` : outcomeNames[outcome];

/** @param {string} person @returns {string} as on the other pages; what is no reader's name stays as it is */
export const personText = (person) => readerShown(person) || "nobody";

/** @param {Record<string, string>} about @returns {string} what else is known, without what only the chain needs */
export const aboutText = (about) =>
  Object.entries(about)
    .filter(([name]) => name !== "settings")
    .map(([name, value]) => (name === "route" ? value : `${name} ${value}`))
    .join(", ");

/**
 * What is asked of the server: filled fields alone, and days as the moments at which they begin and end here.
 * @param {Iterable<[string, string]>} fields of the form @returns {Record<string, string>}
 */
export function queryOf(fields) {
  const query = Object.fromEntries(
    [...fields].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value),
  );
  if (query.since) query.since = midnight(query.since, 0).toISOString();
  if (query.until) query.until = midnight(query.until, 1).toISOString();
  return query;
}

/** @param {string} day YYYY-MM-DD @param {number} later in days @returns {Date} when it begins where the page is read */
function midnight(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
