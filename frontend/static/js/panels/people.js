/** Everybody who has signed in or has an account: shown, made, changed, disabled. */

import { changePerson, createPerson, listPeople } from "../common/access_api.js";
import { byId, element, find } from "../common/dom.js";
import { ago } from "../common/format.js";
import { SecondWord } from "../common/second_word.js";
import { session } from "../common/session.js";
import { groupsText, roleNames, rolesText } from "../people/words.js";
import { AccessForm } from "./access_form.js";

/** @typedef {import("../common/access_api.js").Account} Account */

export class PeopleList {
  /** @type {Account|null} who is changed; null where somebody is made */
  #changed = null;
  #secondWord = new SecondWord();

  /** @param {(text: string) => void} say */
  constructor(say) {
    this.say = say;
    this.form = new AccessForm(byId("person", HTMLDialogElement), () => this.#send());
  }

  async load() {
    const people = await listPeople();
    find("tbody", byId("people-list")).replaceChildren(...people.map((person) => this.#row(person)));
  }

  /** @param {Account|null} person null for a new one */
  open(person) {
    const { form } = this.form;
    this.#changed = person;
    form.reset();
    byId("person-title").textContent = person ? `Change ${person.name}` : "New account";
    for (const row of form.querySelectorAll("[data-new]")) {
      const isNew = person === null;
      /** @type {HTMLElement} */ (row).hidden = !isNew;
    }
    this.form.field("user_name").required = this.form.field("password").required = !person;
    byId("password-label").textContent = person ? "New password, where it is to change" : "Password";
    this.form.offer("roles", roleNames, (role) => person?.roles.some((each) => each === role) ?? role === "reader");
    this.form.open(person ? person.study_groups : null);
  }

  async #send() {
    const { form } = this;
    const password = form.field("password").value;
    const access = { roles: form.ticked("roles"), study_groups: form.studyGroups };
    if (this.#changed) {
      const person = await changePerson(this.#changed.person_id, password ? { ...access, password } : access);
      this.say(`${person.name} is changed, and signs in again.`);
    } else {
      const names = { user_name: form.text("user_name"), name: form.text("name") || null };
      const person = await createPerson({ ...names, password, ...access });
      this.say(`${person.name} signs in as ${person.user_name} now.`);
    }
    await this.load();
  }

  /** @param {Account} person */
  #row(person) {
    const { name, user_name, issuer, email, roles, study_groups, signed_in_at, is_disabled } = person;
    const acts = [this.#disableButton(person)];
    if (!issuer) acts.unshift(button("Change…", `Change ${name}`, () => this.open(person)));
    return element(
      "tr",
      { "data-off": is_disabled },
      element("th", { scope: "row" }, name, element("small", {}, is_disabled ? "disabled" : "")),
      element("td", {}, issuer ? email || user_name : user_name, element("small", {}, issuer ? `at ${issuer}` : "")),
      element("td", {}, rolesText(roles)),
      element("td", {}, groupsText(study_groups)),
      element("td", {}, signed_in_at ? ago(signed_in_at) : "never"),
      element("td", { class: "act" }, ...acts),
    );
  }

  /** @param {Account} person */
  #disableButton({ person_id, name, is_disabled }) {
    const text = is_disabled ? "Enable" : "Disable";
    return button(text, `${text} ${name}`, async () => {
      const self = person_id === session.personId ? " This is you: you would be signed out." : "";
      const asked = `Disable ${name}? Whoever is disabled is signed out at once.${self} Press again to disable.`;
      if (!is_disabled && !this.#secondWord.isGiven(person_id)) return this.say(asked);
      try {
        await changePerson(person_id, { is_disabled: !is_disabled });
        this.say(is_disabled ? `${name} may sign in again.` : `${name} is disabled, and signed out everywhere.`);
        await this.load();
      } catch (error) {
        this.say(`${name} stays as before: ${/** @type {Error} */ (error).message}`);
      }
      return undefined;
    });
  }
}

/** @param {string} text @param {string} label @param {() => unknown} act */
export function button(text, label, act) {
  const made = element("button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}
