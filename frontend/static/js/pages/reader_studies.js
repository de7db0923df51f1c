/** Reader studies: their list, and the form that makes one of patients of the worklist. */

import { listAllStudies, listReaderStudies, makeReaderStudy, newClientId } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { counted, day, personName, readerShown } from "../common/format.js";
import { untilAnswered } from "../common/retry.js";
import { session } from "../common/session.js";
import { armsText, studyPath } from "../reader_study/words.js";

/** @typedef {import("../common/types.js").Schemas["ReaderStudy"]} ReaderStudy */

const form = byId("make", HTMLFormElement);
const patients = byId("patients");
let cursor = null;
/** One attempt, until it succeeds: sent again after a lost answer it makes no second study. */
let clientId = newClientId();

/** @param {string} text */
function fail(text) {
  byId("failure").hidden = !text;
  byId("failure").textContent = text;
}

async function list() {
  const page = await untilAnswered(
    () => listReaderStudies(cursor),
    () => fail("The server cannot be reached, trying again."),
  );
  fail("");
  cursor = page.next_cursor;
  find("tbody", byId("list")).append(...page.reader_studies.map(row));
  const isEmpty = !find("tbody", byId("list")).children.length;
  byId("list").hidden = isEmpty;
  byId("none").hidden = !isEmpty;
  byId("more").hidden = !cursor;
}

/** @param {ReaderStudy} study */
function row(study) {
  const done = study.progress.reduce((sum, each) => sum + each.done, 0);
  const of = study.progress.reduce((sum, each) => sum + each.of, 0);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, element("a", { href: studyPath(study.id) }, study.name)),
    element("td", {}, String(study.stacks.length)),
    element("td", {}, study.readers.map(readerShown).join(", ")),
    element("td", {}, armsText(study)),
    element("td", {}, `${done} of ${of}`),
  );
}

/** The LGE stacks of the worklist, those chosen there ticked. */
async function offer() {
  const chosen = new Set(new URLSearchParams(location.hash.slice(1)).getAll("stack"));
  const rows = [];
  for (const { patient, study_date, stacks } of await listAllStudies())
    for (const { stack_id, description, is_lge } of stacks) {
      if (!is_lge && !chosen.has(stack_id)) continue;
      const box = element("input", { type: "checkbox", name: "stack", value: stack_id });
      box.checked = chosen.has(stack_id);
      const about = ` ${patient.id || "no ID"} · ${day(study_date)} · ${description || "no description"}`;
      rows.push(
        element("li", {}, element("label", {}, box, ` ${personName(patient.name)}`, element("span", {}, about))),
      );
    }
  patients.replaceChildren(...rows);
  if (chosen.size) byId("new", HTMLDetailsElement).open = true;
  count();
}

/** @returns {HTMLInputElement[]} */
const boxes = () => [...patients.querySelectorAll("input")];
const ticked = () => boxes().filter((box) => box.checked);

function count() {
  byId("chosen").textContent = ticked().length ? counted(ticked().length, "patient") : "none";
}

/** @param {boolean} all */
function choose(all) {
  for (const box of boxes()) box.checked = all;
  count();
}

async function make() {
  const fields = new FormData(form);
  const text = (name) => String(fields.get(name) ?? "");
  const [...arms] = text("arms").split(" ");
  const alternates = arms.at(-1) === "alternates";
  const body = {
    client_id: clientId,
    name: text("name"),
    stack_ids: ticked().map((box) => box.value),
    readers: text("readers")
      .split(/[\n,;]/)
      .map((name) => name.trim())
      .filter(Boolean),
    arms: alternates ? arms.slice(0, -1) : arms,
    repeats: Number(text("repeats")),
    seed: text("order") ? Number(text("seed")) : null,
    alternates,
    hides_readings: fields.has("hides_readings"),
  };
  if (!body.stack_ids.length) return fail("Choose at least one patient.");
  try {
    const { id } = await untilAnswered(
      () => makeReaderStudy(body),
      () => fail("The server cannot be reached, trying again."),
    );
    location.assign(studyPath(id));
  } catch (error) {
    clientId = newClientId();
    fail(`The reader study was not made: ${error.message}`);
  }
  return undefined;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void make();
});
form.addEventListener("change", () => {
  find("[data-shuffled]", form).hidden = !new FormData(form).get("order");
  count();
});
byId("choose-all").addEventListener("click", () => choose(true));
byId("choose-none").addEventListener("click", () => choose(false));
byId("more").addEventListener("click", () => void list());
Promise.all([list(), session.may("manage") && offer()]).catch((error) =>
  fail(`Not everything can be shown: ${error.message}`),
);
