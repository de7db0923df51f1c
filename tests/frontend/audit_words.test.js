import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutText, outcomeText, personText, queryOf } from "../../frontend/static/js/audit/words.js";

test("filled fields alone are asked for", () => {
  const fields = [
    ["person", " Anna "],
    ["action", ""],
    ["patient_id", "P 1"],
  ];
  assert.deepEqual(queryOf(fields), { person: "Anna", patient_id: "P 1" });
});

test("days are whole days where the page is read, the last one included", () => {
  const { since, until } = queryOf([
    ["since", "2026-03-28"],
    ["until", "2026-03-31"],
  ]);
  assert.equal(since, new Date(2026, 2, 28).toISOString());
  assert.equal(until, new Date(2026, 3, 1).toISOString());
});

test("an outcome is told with the fact that it comes from", () => {
  assert.equal(outcomeText({ outcome: "success", reason: "" }), "success");
  assert.equal(outcomeText({ outcome: "refused", reason: "NotAllowed" }), "refused: NotAllowed");
});

test("what is known besides is told, and not the settings' hashes", () => {
  assert.equal(aboutText({ route: "GET /x", format: "csv", settings: "{}" }), "GET /x, format csv");
});

test("a name is shown as on the other pages", () => {
  assert.equal(personText("Dr Anna (unauthenticated)"), "Dr Anna");
  assert.equal(personText("ScarMass"), "ScarMass");
});
