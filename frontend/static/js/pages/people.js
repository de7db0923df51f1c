/** Who may be here: people and services' tokens, by an administrator. */

import { bindCommands } from "../common/commands.js";
import { buttonsOf, byId } from "../common/dom.js";
import { PeopleList } from "../panels/people.js";
import { TokenList } from "../panels/tokens.js";

/** @param {string} text */
function fail(text) {
  byId("failure").hidden = !text;
  byId("failure").textContent = text;
}

/** @param {string} text */
const say = (text) => (byId("said").textContent = text);

const parts = { people: new PeopleList(say), tokens: new TokenList(say) };

/** @param {"people"|"tokens"} name */
async function show(name) {
  for (const each of Object.keys(parts)) {
    byId(each).hidden = each !== name;
    for (const button of buttonsOf(each)) button.setAttribute("aria-pressed", String(each === name));
  }
  history.replaceState(null, "", `#${name}`);
  say("");
  try {
    await parts[name].load();
    fail("");
  } catch (error) {
    fail(`This cannot be shown: ${/** @type {Error} */ (error).message}`);
  }
}

const hasAccounts = buttonsOf("new_person").length > 0;
const ofAccounts = {
  id: "new_person",
  text: "New account",
  group: "People",
  keys: ["n"],
  run: () => parts.people.open(null),
};
bindCommands([
  { id: "people", text: "People", group: "Show", keys: ["1"], run: () => void show("people") },
  { id: "tokens", text: "Tokens", group: "Show", keys: ["2"], run: () => void show("tokens") },
  { id: "new_token", text: "New token", group: "Tokens", keys: ["t"], run: () => parts.tokens.open() },
  ...(hasAccounts ? [ofAccounts] : []),
]);
void show(location.hash === "#tokens" ? "tokens" : "people");
