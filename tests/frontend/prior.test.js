import assert from "node:assert/strict";
import { test } from "node:test";
import { doubtsTold, priorTitle, priorTold } from "../../frontend/static/js/panels/prior.js";

const patient = { name: "Doe^Jane", id: "P-1", birth_date: "19600101", sex: "F" };
const prior = (parts = {}) => ({ study_date: "20240110", patient, doubts: [], reading: null, ...parts });

test("a prior is called by its date and by how far its reading is", () => {
  assert.equal(priorTitle(prior()), "Prior, 2024-01-10");
  assert.equal(priorTold(prior()), "not read");
  assert.equal(priorTold(prior({ reading: { signature: null } })), "draft");
  assert.equal(priorTold(prior({ reading: { signature: { reader: "Dr Anna" } } })), "signed");
});

test("what speaks against one patient is said with both sides of it", () => {
  const other = prior({ patient: { ...patient, birth_date: "19600102" }, doubts: ["birth_date"] });
  assert.match(priorTold(other), /perhaps another patient/);
  assert.equal(doubtsTold(other, patient), "Perhaps another patient: born 1960-01-02 there, 1960-01-01 here");
  const named = prior({ patient: { ...patient, name: "Roe^Jane" }, doubts: ["name"] });
  assert.equal(doubtsTold(named, patient), "Perhaps another patient: Roe, Jane there, Doe, Jane here");
});

test("where nothing speaks against it, nothing is said", () => {
  assert.equal(doubtsTold(prior(), patient), "");
});
