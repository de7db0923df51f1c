/** Whoever is signed in, at the head of the page: signing out, a new password, and what happens when the session ends. */

import { changePassword, getSession, signOut, signOutEverywhere } from "../common/access_api.js";
import { byId, find } from "../common/dom.js";
import { counted } from "../common/format.js";
import { SecondWord } from "../common/second_word.js";
import { session, signInPath } from "../common/session.js";
import { unsentCount } from "../reading/unsent.js";

/** After the moment that the server names; by its clock the session has ended then. */
const margin_ms = 1000;
const again_ms = 60_000;

let timer = 0;
let isLeaving = false;
const secondWord = new SecondWord();

/** Ask when the session ends, and again at that moment: another window may have used it since. */
async function watch() {
  clearTimeout(timer);
  let wait_ms = again_ms;
  try {
    const { expires_at, idle_expires_at } = await getSession();
    const ends = [expires_at, idle_expires_at].flatMap((at) => (at ? [Date.parse(at)] : []));
    if (ends.length) wait_ms = Math.max(Math.min(...ends) - Date.now(), 0) + margin_ms;
  } catch {
    // The server is away: it is asked a little later.
  }
  if (!session.isEnded) timer = setTimeout(watch, wait_ms);
}

function showEnd() {
  if (isLeaving) return;
  const count = unsentCount();
  byId("ended-text").textContent = `Nobody is signed in here any more, or somebody else than ${session.personName}.`;
  byId("ended-kept").hidden = !count;
  byId("ended-kept").textContent =
    `${counted(count, "change")} not sent yet: kept in this browser for ${session.personName}.`;
  byId("ended-sign-in", HTMLAnchorElement).href = signInPath();
  for (const open of document.querySelectorAll("dialog[open]")) if (open instanceof HTMLDialogElement) open.close();
  byId("ended", HTMLDialogElement).showModal();
}

/** @param {string} what @param {() => Promise<unknown>} act */
async function leave(what, act) {
  const count = unsentCount();
  if (count && !secondWord.isGiven(what)) {
    const [are, them] = count === 1 ? ["is", "it"] : ["are", "them"];
    byId("account-said").textContent =
      `${counted(count, "change")} ${are} not sent yet. Sign in again in this browser to send ${them}. ` +
      "Press again to sign out.";
    return;
  }
  isLeaving = true;
  try {
    await act();
    session.take("");
    // What was searched for on the worklist may be a patient's name.
    sessionStorage.clear();
    location.assign("/login");
  } catch (error) {
    isLeaving = false;
    byId("account-said").textContent = `Not signed out: ${/** @type {Error} */ (error).message}`;
  }
}

/** @param {HTMLDialogElement} dialog */
function bindPassword(dialog) {
  const form = find("form", dialog, HTMLFormElement);
  const refusal = find(".refusal", dialog);
  const value = (name) => find(`[name=${name}]`, form, HTMLInputElement).value;
  byId("change-password").addEventListener("click", () => {
    byId("account").hidePopover();
    form.reset();
    refusal.textContent = "";
    dialog.showModal();
  });
  find("[data-close]", dialog).addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refusal.textContent = "";
    if (value("new") !== value("again")) {
      refusal.textContent = "The new password is not the same twice.";
      return;
    }
    try {
      await changePassword({ old: value("old"), new: value("new") });
      dialog.close();
      byId("account-said").textContent = "The password is changed. Every other browser is signed out.";
      byId("account").showPopover();
    } catch (error) {
      refusal.textContent = /** @type {Error} */ (error).message;
    }
  });
}

byId("sign-out").addEventListener("click", () => void leave("here", signOut));
byId("sign-out-everywhere").addEventListener("click", () => void leave("everywhere", signOutEverywhere));
byId("account").addEventListener("beforetoggle", (event) => {
  if (/** @type {ToggleEvent} */ (event).newState === "closed") byId("account-said").textContent = "";
});
const password = document.getElementById("password");
if (password instanceof HTMLDialogElement) bindPassword(password);

const ended = byId("ended", HTMLDialogElement);
// Browsers close a dialog when Esc is pressed twice: this one stays until somebody signs in.
ended.addEventListener("close", () => session.isEnded && ended.showModal());
window.addEventListener("sessionend", () => {
  // As after signing out: what was searched for may be a patient's name.
  sessionStorage.clear();
  showEnd();
});
window.addEventListener("sessionresume", () => {
  ended.close();
  void watch();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void watch());
for (const name of ["pointerdown", "pointermove", "keydown", "wheel"])
  document.addEventListener(name, () => (session.touchedAt = Date.now()), { capture: true, passive: true });
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
void watch();
