/** Signing in with a user name and a password; a sign-in at the provider is a link. */

import { signIn } from "../common/access_api.js";
import { byId, find } from "../common/dom.js";

/** What takes longer is announced: a check of a password takes its time by design. */
const noticed_after_ms = 1000;

/** @param {string} text */
function refuse(text) {
  byId("reason").hidden = !text;
  byId("reason").textContent = text;
}

/** @param {HTMLFormElement} form */
function bind(form) {
  const button = find("button", form, HTMLButtonElement);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const given = new FormData(form);
    button.disabled = true;
    const slow = setTimeout(() => (byId("said").textContent = "Signing in…"), noticed_after_ms);
    try {
      await signIn(String(given.get("user_name")), String(given.get("password")));
      location.replace(form.dataset.next ?? "/");
    } catch (error) {
      refuse(`Not signed in: ${/** @type {Error} */ (error).message}`);
      button.disabled = false;
      const password = find("input[name=password]", form, HTMLInputElement);
      password.value = "";
      password.focus();
    } finally {
      clearTimeout(slow);
      byId("said").textContent = "";
    }
  });
  // A browser that has not drawn the page yet has not put the cursor into the first field either.
  if (document.activeElement === document.body) find("input", form, HTMLInputElement).focus();
  button.disabled = false;
}

const form = document.getElementById("sign-in");
if (form instanceof HTMLFormElement) bind(form);
