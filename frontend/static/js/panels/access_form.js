/** A dialog of the page of people: its form, what the server refuses beside the field that it is about. */

import { Problem } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { fieldOf, groupsOf } from "../people/words.js";

/** Fields that the form has under another name than the request. */
const shownAs = { study_groups: "groups" };

export class AccessForm {
  /**
   * @param {HTMLDialogElement} dialog @param {() => Promise<unknown>} send what the form says, to the server
   */
  constructor(dialog, send) {
    this.dialog = dialog;
    this.form = find("form", dialog, HTMLFormElement);
    const button = find("button[type=submit]", this.form, HTMLButtonElement);
    find("[data-close]", dialog).addEventListener("click", () => dialog.close());
    this.field("every").addEventListener("change", () => this.#showGroups());
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      this.#refuse("", "");
      button.disabled = true;
      try {
        await send();
        dialog.close();
      } catch (error) {
        this.#refuse(error instanceof Problem ? fieldOf(error.body) : "", /** @type {Error} */ (error).message);
      } finally {
        button.disabled = false;
      }
    });
  }

  /** @param {string} name @returns {HTMLInputElement} */
  field(name) {
    return find(`[name=${name}]`, this.form, HTMLInputElement);
  }

  /** @param {string} name */
  text(name) {
    return this.field(name).value.trim();
  }

  /** @param {string} name of a group of boxes @returns {string[]} those that are ticked */
  ticked(name) {
    return new FormData(this.form).getAll(name).map(String);
  }

  /** @param {string} name @param {Record<string, string>} names @param {(value: string) => boolean} isTicked */
  offer(name, names, isTicked) {
    const boxes = Object.entries(names).map(([value, text]) => {
      const box = element("input", { type: "checkbox", name, value, checked: isTicked(value) });
      return element("label", { class: "choice" }, box, ` ${text}`);
    });
    find(`[data-choices=${name}]`, this.form).replaceChildren(...boxes);
  }

  /** @returns {string[]|null} null for every study */
  get studyGroups() {
    return this.field("every").checked ? null : groupsOf(this.text("groups"), this.field("general").checked);
  }

  /** @param {string[]|null} groups */
  open(groups) {
    this.field("every").checked = groups === null;
    this.field("groups").value = groups?.filter(Boolean).join(", ") ?? "";
    this.field("general").checked = groups?.includes("") ?? false;
    this.#showGroups();
    this.#refuse("", "");
    this.dialog.showModal();
  }

  #showGroups() {
    find("[data-groups]", this.form).hidden = this.field("every").checked;
  }

  /** @param {string} name @param {string} text */
  #refuse(name, text) {
    for (const old of this.form.querySelectorAll(".refusal[id]")) old.remove();
    for (const input of this.form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    const input = name && this.form.querySelector(`input[name="${shownAs[name] ?? name}"]`);
    const isBeside = input instanceof HTMLInputElement && input.offsetParent !== null;
    find("[data-refusal]", this.form).textContent = isBeside ? "" : text;
    if (!isBeside) return;
    const id = `${this.dialog.id}-${name}-refused`;
    input.closest("label, fieldset")?.append(element("span", { id, class: "refusal", role: "alert" }, text));
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
    input.focus();
  }
}
