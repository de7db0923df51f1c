import assert from "node:assert/strict";
import { test } from "node:test";
import { matches, nextUndone, sorted } from "../../frontend/static/js/worklist/order.js";

const stack = (id, progress, { is_lge = true, mass_g = null, reader = null } = {}) => ({
  stack_id: id,
  description: "SAX LGE",
  is_lge,
  progress,
  reading: progress === "new" ? null : { mass_g, reader, reviewed: 0, of: 1 },
});
const study = (name, stacks, parts = {}) => ({
  patient: { name, id: `ID-${name}`, birth_date: "", sex: "" },
  study_date: "20260105",
  study_description: "",
  accession_number: "",
  imported_at: "2026-01-05T10:00:00Z",
  stacks,
  ...parts,
});
const names = (studies) => studies.map(({ patient }) => patient.name);

const anna = study("Anna", [stack("a", "done", { mass_g: 3 })], { accession_number: "4711" });
const bert = study("Bert", [
  stack("cine", "new", { is_lge: false }),
  stack("b", "reading", { mass_g: 12, reader: "Dr Ray" }),
]);
const cleo = study("Cleo", [stack("c", "new")], { imported_at: "2026-01-06T10:00:00Z" });
const all = [anna, bert, cleo];

test("studies are sorted by what is read of them, and those that are alike stay in their order", () => {
  assert.deepEqual(names(sorted(all, { column: "state", descends: false })), ["Cleo", "Bert", "Anna"]);
  assert.deepEqual(names(sorted(all, { column: "scar", descends: true })), ["Bert", "Anna", "Cleo"]);
  assert.deepEqual(names(sorted(all, { column: "arrived", descends: true })), ["Cleo", "Anna", "Bert"]);
  assert.deepEqual(names(sorted(all, { column: "study", descends: true })), ["Anna", "Bert", "Cleo"]);
  assert.deepEqual(names(sorted(all, { column: "patient", descends: true })), ["Cleo", "Bert", "Anna"]);
});

test("a study is found by all words of it, its accession number and reader among them, and by a stack's state", () => {
  assert.ok(matches(anna, ["anna", "4711"], ""));
  assert.ok(!matches(anna, ["anna", "4712"], ""));
  assert.ok(matches(bert, ["ray"], "reading"));
  assert.ok(!matches(bert, ["ray"], "done"));
});

test("after a patient comes the next who is not done, after the last one the first", () => {
  assert.equal(nextUndone(all, "a"), "b");
  assert.equal(nextUndone(all, "b"), "c");
  assert.equal(nextUndone(all, "c"), "b");
  assert.equal(nextUndone([anna, bert], "b"), null);
  assert.equal(nextUndone([bert, study("Dora", [stack("d", "signed")])], "b"), null);
  assert.equal(nextUndone(all, "unknown"), "b");
});
