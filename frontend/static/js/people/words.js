/** What the page of people calls roles, permissions and study groups, and how their fields are read and filled in. */

/** @typedef {import("../common/types.js").Schemas["Role"]} Role @typedef {import("../common/types.js").Schemas["Permission"]} Permission */
/** @typedef {import("../common/types.js").Schemas["Token"]} Token */

/** @type {Partial<Record<Role, string>>} those that a person can be given */
export const roleNames = {
  reader: "reader: draws and measures",
  signer: "signer: reads, signs and sends",
  study_manager: "study manager: removes and deletes studies, makes reader studies",
  administrator: "administrator: people, tokens, audit trail",
};

/** @type {Partial<Record<Permission, string>>} those that a service can be given */
export const permissionNames = {
  view: "see patients, images and results",
  store: "bring studies in",
  ask: "ask the models",
  monitor: "see metrics",
};

/** @param {string[]} roles */
export const rolesText = (roles) => roles.map((role) => role.replaceAll("_", " ")).join(", ") || "none";

/** @param {string[]|null} groups the general one has no name */
export function groupsText(groups) {
  if (groups === null) return "every study";
  return groups.map((group) => group || "studies of no group").join(", ") || "no study";
}

/** @param {string} text names with commas between them @param {boolean} isGeneral also studies of no group */
export const groupsOf = (text, isGeneral) => {
  const named = text.split(",").map((name) => name.trim());
  return [...new Set([...named.filter(Boolean), ...(isGeneral ? [""] : [])])];
};

/** @param {Token} token @param {number} now in milliseconds @returns {"revoked"|"expired"|"valid"} */
export function tokenState({ revoked_at, expires_at }, now) {
  if (revoked_at) return "revoked";
  return Date.parse(expires_at) <= now ? "expired" : "valid";
}

/**
 * Which field a refusal speaks of; none where it is of the whole form.
 * @param {{type?: string, detail?: string, errors?: {at: string}[]}} problem
 */
export function fieldOf({ type = "", detail = "", errors = [] }) {
  const kind = type.split(":").at(-1) ?? "";
  if (kind === "PasswordRefused") return "password";
  if (kind === "NameTaken") return "name";
  if (kind === "NameInvalid") return detail.includes("user name") ? "user_name" : "name";
  return kind === "RequestInvalid" ? (errors[0]?.at.split("/")[1] ?? "") : "";
}
