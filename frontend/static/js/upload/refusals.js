/** What was refused, by its reason. */

import { counted } from "../common/format.js";

/** @typedef {import("./files.js").Refusal} Refusal */

/** @param {Refusal[]} refusals @returns {[string, string[]][]} reasons with the names, those of most files first */
export function byReason(refusals) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const { name, reason } of refusals) {
    if (!names.has(reason)) names.set(reason, []);
    names.get(reason)?.push(name);
  }
  return [...names].sort(([, some], [, others]) => others.length - some.length);
}

/** @param {Refusal[]} refusals @returns {string} as text to send to whoever can mend it */
export const refusalsText = (refusals) =>
  byReason(refusals)
    .map(([reason, names]) => [`${reason} (${counted(names.length, "file")})`, ...names.map((name) => `  ${name}`)])
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
