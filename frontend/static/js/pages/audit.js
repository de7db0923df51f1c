/** The audit trail: searched by who, what, whose and when, and taken away as a table. */

import { aboutText, actionNames, outcomeNames, outcomeText, personText, queryOf } from "../audit/words.js";
import { auditExportPath, listAuditEvents } from "../common/api.js";
import { bindCommands } from "../common/commands.js";
import { byId, element, find } from "../common/dom.js";
import { counted } from "../common/format.js";

/** @typedef {import("../common/types.js").Schemas["AuditEvent"]} AuditEvent */

const form = byId("search", HTMLFormElement);
const rows = find("tbody", byId("events"));
const exported = byId("export", HTMLAnchorElement);
/** @type {Record<string, string>} */
let query = {};
/** @type {number|null} */
let cursor = null;

/** @param {string} text */
function fail(text) {
  byId("failure").hidden = !text;
  byId("failure").textContent = text;
}

/** @param {string} name of a select @param {Record<string, string>} names */
function offer(name, names) {
  const options = Object.entries(names).map(([value, text]) => element("option", { value }, text));
  find(`select[name=${name}]`, form).append(...options);
}

/** A new search, which its address keeps. */
async function search() {
  query = queryOf(/** @type {Iterable<[string, string]>} */ (new FormData(form).entries()));
  cursor = null;
  exported.href = auditExportPath(query);
  rows.replaceChildren();
  await show();
}

/** The next rows of what is searched for. */
async function show() {
  const asked = query;
  try {
    const { events, next_cursor, receiver } = await listAuditEvents(asked, cursor);
    if (asked !== query) return;
    fail("");
    cursor = next_cursor;
    rows.append(...events.map(row));
    tellReceiver(receiver);
  } catch (error) {
    fail(`The audit trail cannot be shown: ${/** @type {Error} */ (error).message}`);
  }
  const count = rows.children.length;
  byId("events").hidden = !count;
  byId("more").hidden = !cursor;
  byId("found").textContent = count
    ? `${counted(count, "row")}${cursor ? ", and more" : ""}, the newest first.`
    : "Nothing of that is recorded.";
}

/** @param {import("../common/types.js").Schemas["AuditReceiver"]|null} receiver */
function tellReceiver(receiver) {
  if (!receiver) return;
  const { name, number, newest } = receiver;
  byId("receiver").textContent =
    number === newest ? `${name} has every row` : `${counted(newest - number, "row waits", "rows wait")} for ${name}`;
}

/** @param {AuditEvent} event */
function row(event) {
  const { number, occurred_at, person, action, outcome, patient_id, study_instance_uid, address, about } = event;
  const at = new Date(occurred_at);
  return element(
    "tr",
    { "data-outcome": outcome },
    element("th", { scope: "row", class: "figure" }, String(number)),
    element(
      "td",
      { class: "time" },
      element("time", { datetime: occurred_at, title: occurred_at }, at.toLocaleString()),
    ),
    element("td", {}, personText(person)),
    element("td", {}, actionNames[action], element("small", {}, aboutText(about))),
    element("td", { class: "outcome" }, outcomeText(event)),
    element("td", {}, patient_id || "–", element("small", {}, study_instance_uid)),
    element("td", {}, address || "–"),
  );
}

offer("action", actionNames);
offer("outcome", outcomeNames);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
bindCommands([
  {
    id: "search",
    text: "Search",
    group: "Audit trail",
    keys: ["/"],
    run: () => find("input[name=person]", form).focus(),
  },
  { id: "more", text: "Show more", group: "Audit trail", keys: ["m"], run: () => cursor && void show() },
  { id: "export", text: "Export CSV", group: "Audit trail", keys: ["e"], run: () => exported.click() },
]);
void search();
