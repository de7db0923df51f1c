/** The server, as it is asked about who may be here: the session of this browser, people and services' tokens. */

import { answerOf, json, root } from "./api.js";
import { session } from "./session.js";

/** @typedef {import("./types.js").Schemas["Session"]} SessionTold @typedef {import("./types.js").Schemas["Account"]} Account */
/** @typedef {import("./types.js").Schemas["Token"]} Token */

const sessionPath = `${root}/session`;

/** @returns {Promise<SessionTold>} who is signed in now; asking does not make the session last longer */
export async function getSession() {
  const told = await json(sessionPath);
  session.take(told.person?.person_id ?? "");
  return told;
}

/** @param {string} user_name @param {string} password @returns {Promise<SessionTold>} */
export const signIn = (user_name, password) => json(sessionPath, { method: "POST", body: { user_name, password } });
export const signOut = () => answerOf(sessionPath, { method: "DELETE" });
/** In every browser. */
export const signOutEverywhere = () => answerOf(`${root}/sessions`, { method: "DELETE" });
/** @param {{old: string, new: string}} body @returns {Promise<SessionTold>} */
export const changePassword = (body) => json(`${sessionPath}/password`, { method: "PUT", body });

/** @returns {Promise<Account[]>} everybody, by name */
export async function listPeople() {
  const all = [];
  let cursor = null;
  do {
    const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const { people, next_cursor } = await json(`${root}/people?limit=500${after}`);
    all.push(...people);
    cursor = next_cursor;
  } while (cursor);
  return all;
}

/** @param {object} body @returns {Promise<Account>} */
export const createPerson = (body) => json(`${root}/people`, { method: "POST", body });
/** @param {string} id @param {object} body @returns {Promise<Account>} */
export const changePerson = (id, body) => json(`${root}/people/${encodeURIComponent(id)}`, { method: "PATCH", body });

/** @returns {Promise<{tokens: Token[]}>} the newest first */
export const listTokens = () => json(`${root}/tokens`);
/** @param {object} body @returns {Promise<import("./types.js").Schemas["CreatedToken"]>} */
export const createToken = (body) => json(`${root}/tokens`, { method: "POST", body });
/** @param {string} id */
export const revokeToken = (id) => answerOf(`${root}/tokens/${encodeURIComponent(id)}`, { method: "DELETE" });
