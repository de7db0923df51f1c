/** The server, as it is asked about who may be here: the session of this browser. */

import { answerOf, json, root } from "./api.js";
import { session } from "./session.js";

/** @typedef {import("./types.js").Schemas["Session"]} SessionTold */

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
