/** Progress of what takes its time, and messages. */

import { byId, element } from "./dom.js";

/** What takes less than this is not announced: a page that flickers at every click is not calm. */
export const noticed_after_ms = 400;

/**
 * The thin bar over the image.
 * @param {string} text @param {number|null} part between 0 and 1; null where the end is not known
 */
export function showProgress(text, part = null) {
  const bar = byId("progress");
  bar.hidden = false;
  bar.classList.toggle("endless", part === null);
  bar.style.setProperty("--part", String(part ?? 0));
  if (part === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", String(Math.round(part * 100)));
  byId("progress-text").textContent = text;
  byId("progress-text").hidden = !text;
}

export const isProgressShown = () => !byId("progress").hidden;

export function hideProgress() {
  byId("progress").hidden = true;
  byId("progress-text").hidden = true;
}

const passes_after_ms = 6000;
/** What asks for something is read, and thought about. */
const passes_with_action_after_ms = 12_000;

/** @type {(about: string) => HTMLElement|null} */
const shown = (about) =>
  [.../** @type {HTMLCollectionOf<HTMLElement>} */ (byId("messages").children)].find(
    (message) => message.dataset.about === about,
  ) ?? null;

/** Can a message about this still be read? @param {string} about */
export const isMessageShown = (about) => shown(about) !== null;

/** It is no longer so. @param {string} about */
export function withdrawMessage(about) {
  shown(about)?.remove();
}

/**
 * @param {string} text
 * @param {{stays?: boolean, action?: string, act?: () => void, dismiss?: () => void, about?: string}} [options] a message
 * that stays until it is dismissed, what can be done about it, and what it takes the place of: a message about the same
 */
export function showMessage(text, { stays = false, action = "", act = () => {}, dismiss = () => {}, about = "" } = {}) {
  const messages = byId("messages");
  // Two with the same words may offer to do two things.
  const place = about || (action ? "" : text);
  if (place) withdrawMessage(place);
  const close = element("button", { type: "button", class: "quiet", "aria-label": "Dismiss" }, "×");
  const offer = action ? [element("button", { type: "button", class: "link" }, action)] : [];
  const kind = stays ? "message stays" : "message";
  const message = element("div", { class: kind, "data-about": place }, element("span", {}, text), ...offer, close);
  close.addEventListener("click", () => {
    message.remove();
    dismiss();
  });
  offer[0]?.addEventListener("click", () => {
    message.remove();
    act();
  });
  messages.append(message);
  const passing = messages.querySelectorAll(".message:not(.stays)");
  for (const old of [...passing].slice(0, -3)) old.remove();
  if (!stays) passes(message, action ? passes_with_action_after_ms : passes_after_ms);
}

/** Not from under the pointer, whose click would go to the image beneath. @param {HTMLElement} message @param {number} after_ms */
function passes(message, after_ms) {
  setTimeout(() => {
    if (message.matches(":hover, :focus-within")) passes(message, 1000);
    else message.remove();
  }, after_ms);
}
