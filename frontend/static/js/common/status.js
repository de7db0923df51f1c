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

/**
 * @param {string} text
 * @param {{stays?: boolean, action?: string, act?: () => void, dismiss?: () => void}} [options] a message that stays until
 * it is dismissed, and what can be done about it
 */
export function showMessage(text, { stays = false, action = "", act = () => {}, dismiss = () => {} } = {}) {
  const messages = byId("messages");
  if (!action) for (const old of [...messages.children]) if (old.firstChild?.textContent === text) old.remove();
  const close = element("button", { type: "button", class: "quiet", "aria-label": "Dismiss" }, "×");
  const offer = action ? [element("button", { type: "button", class: "link" }, action)] : [];
  const kind = stays ? "message stays" : "message";
  const message = element("div", { class: kind }, element("span", {}, text), ...offer, close);
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
  if (!stays) setTimeout(() => message.remove(), 6000);
}
