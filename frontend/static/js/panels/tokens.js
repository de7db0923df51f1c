/** Services' tokens: shown, made and told once, revoked. */

import { createToken, listTokens, revokeToken } from "../common/access_api.js";
import { byId, element, find } from "../common/dom.js";
import { ago } from "../common/format.js";
import { SecondWord } from "../common/second_word.js";
import { groupsText, permissionNames, tokenState } from "../people/words.js";
import { AccessForm } from "./access_form.js";
import { button } from "./people.js";

/** @typedef {import("../common/access_api.js").Token} Token */

export class TokenList {
  #secondWord = new SecondWord();

  /** @param {(text: string) => void} say */
  constructor(say) {
    this.say = say;
    this.form = new AccessForm(byId("token", HTMLDialogElement), () => this.#send());
    byId("made-copy").addEventListener("click", () => void this.#copy());
    byId("made-close").addEventListener("click", () => byId("made", HTMLDialogElement).close());
    byId("made").addEventListener("close", () => (byId("made-token", HTMLInputElement).value = ""));
  }

  async load() {
    const { tokens } = await listTokens();
    find("tbody", byId("token-list")).replaceChildren(...tokens.map((token) => this.#row(token)));
    byId("token-list").hidden = !tokens.length;
    byId("no-tokens").hidden = tokens.length > 0;
  }

  open() {
    this.form.form.reset();
    this.form.offer("permissions", permissionNames, () => true);
    this.form.open(null);
  }

  async #send() {
    const { form } = this;
    const { token, name } = await createToken({
      name: form.text("name"),
      permissions: form.ticked("permissions"),
      study_groups: form.studyGroups,
      expires_in_days: Number(form.text("expires_in_days")),
    });
    byId("made-title").textContent = `The token of ${name}`;
    byId("made-token", HTMLInputElement).value = token;
    byId("made-said").textContent = "";
    byId("made", HTMLDialogElement).showModal();
    byId("made-token", HTMLInputElement).select();
    await this.load();
  }

  async #copy() {
    const field = byId("made-token", HTMLInputElement);
    try {
      await navigator.clipboard.writeText(field.value);
      byId("made-said").textContent = "Copied.";
    } catch {
      field.select();
      byId("made-said").textContent = "This browser does not let the page copy: press Ctrl+C.";
    }
  }

  /** @param {Token} token */
  #row(token) {
    const { name, permissions, study_groups, created_by, created_at, expires_at, used_at } = token;
    const state = tokenState(token, Date.now());
    return element(
      "tr",
      { "data-off": state !== "valid" },
      element("th", { scope: "row" }, name, element("small", {}, state === "valid" ? "" : state)),
      element("td", {}, permissions === null ? "all of a service" : permissions.join(", ") || "nothing"),
      element("td", {}, groupsText(study_groups)),
      element("td", {}, created_by, element("small", {}, ago(created_at))),
      element("td", {}, new Date(expires_at).toLocaleDateString()),
      element("td", {}, used_at ? ago(used_at) : "never"),
      element("td", { class: "act" }, ...(state === "valid" ? [this.#revokeButton(token)] : [])),
    );
  }

  /** @param {Token} token */
  #revokeButton({ id, name }) {
    return button("Revoke", `Revoke ${name}`, async () => {
      const asked = `Revoke the token of ${name}? Whatever shows it is refused from then on. Press again to revoke.`;
      if (!this.#secondWord.isGiven(id)) return this.say(asked);
      try {
        await revokeToken(id);
        this.say(`The token of ${name} is revoked.`);
        await this.load();
      } catch (error) {
        this.say(`The token of ${name} stays: ${/** @type {Error} */ (error).message}`);
      }
      return undefined;
    });
  }
}
