import assert from "node:assert/strict";
import test from "node:test";
import { matchText, progressText, sentShort, sentText } from "../../frontend/static/js/pacs/words.js";

const transfer = {
  peer: "PACS",
  direction: "send",
  state: "done",
  done: 3,
  of: 3,
  attempts: 1,
  reason: null,
  committed_at: null,
  next_attempt_at: null,
  changed_at: "2026-01-05T10:41:00Z",
};

test("a result that is there says when it was sent, and that it is kept once the peer has promised", () => {
  assert.match(sentText(transfer), /^Sent to PACS at /);
  assert.doesNotMatch(sentText(transfer), /kept/);
  assert.match(sentText({ ...transfer, committed_at: "2026-01-05T10:42:00Z" }), /, kept$/);
});

test("a result that waits says why, and one that failed that it is not there", () => {
  const waiting = { ...transfer, state: "waiting", reason: "nothing listens there" };
  assert.equal(sentText(waiting), "PACS waits: nothing listens there");
  assert.equal(sentText({ ...waiting, state: "failed" }), "Not sent to PACS (failed): nothing listens there");
});

test("of several transfers the one that is amiss is told", () => {
  const states = (...names) => names.map((state) => ({ ...transfer, state }));
  assert.equal(sentShort([]), "Send");
  assert.equal(sentShort(states("done")), "Sent to PACS");
  assert.equal(sentShort(states("done", "done")), "Sent to 2 peers");
  assert.equal(sentShort(states("done", "running")), "Is being sent");
  assert.equal(sentShort(states("done", "waiting", "running")), "Waits to be sent");
  assert.equal(sentShort(states("waiting", "failed", "done")), "Not sent");
  assert.equal(sentShort(states("cancelled")), "Not sent");
});

test("progress is told in objects that are sent and images that are fetched", () => {
  assert.equal(progressText(transfer), "sent, 3 objects");
  const fetching = { ...transfer, direction: "fetch", state: "running", done: 40, of: 120 };
  assert.equal(progressText(fetching), "under way, 40 of 120 images");
  assert.equal(progressText({ ...fetching, of: null, done: 1 }), "under way, 1 image");
  assert.equal(progressText({ ...fetching, state: "done", done: 120 }), "fetched, 120 images");
  assert.equal(progressText({ ...fetching, state: "done", done: 119 }), "fetched, 119 of 120 images");
  assert.equal(progressText({ ...transfer, state: "waiting", attempts: 0 }), "waits");
  assert.equal(progressText({ ...transfer, state: "waiting", attempts: 2 }), "waits, attempt 3");
});

test("a rule says what it looks at", () => {
  assert.equal(matchText({ modalities: [], words: [], calling: [] }), "everything");
  const rule = { modalities: ["MR"], words: ["LGE", "PSIR"], calling: ["MR1"] };
  assert.equal(matchText(rule), "MR, with “LGE” or “PSIR” in a description, from MR1");
});
