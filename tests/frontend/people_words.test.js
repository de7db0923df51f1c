import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, groupsOf, groupsText, tokenState } from "../../frontend/static/js/people/words.js";

const problem = (kind, more = {}) => ({ type: `urn:scarmass:problem:${kind}`, ...more });

test("a refusal stands beside the field that it speaks of", () => {
  assert.equal(fieldOf(problem("PasswordRefused")), "password");
  assert.equal(fieldOf(problem("NameTaken")), "name");
  assert.equal(fieldOf(problem("NameInvalid", { detail: "a user name has no spaces" })), "user_name");
  assert.equal(fieldOf(problem("NameInvalid", { detail: "a name is 1 to 64 printable characters" })), "name");
  assert.equal(fieldOf(problem("RequestInvalid", { errors: [{ at: "body/study_groups/0" }] })), "study_groups");
  assert.equal(fieldOf(problem("NotAllowed")), "");
});

test("study groups are read as they are written", () => {
  assert.deepEqual(groupsOf(" cardiology,trial A,, cardiology ", false), ["cardiology", "trial A"]);
  assert.deepEqual(groupsOf("", true), [""]);
  assert.equal(groupsText(["", "trial A"]), "studies of no group, trial A");
  assert.equal(groupsText(null), "every study");
  assert.equal(groupsText([]), "no study");
});

test("a token is good until it expires or is revoked", () => {
  const token = { revoked_at: null, expires_at: "2026-06-01T00:00:00Z" };
  const at = Date.parse(token.expires_at);
  assert.deepEqual([tokenState(token, at - 1), tokenState(token, at)], ["valid", "expired"]);
  assert.equal(tokenState({ ...token, revoked_at: "2026-01-01T00:00:00Z" }, at - 1), "revoked");
});
