/** One undo takes back one gesture, and the outbox loses none: random gestures, on and off line. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { FakeServer, image, installBrowser, settled } from "./fakes.js";
import { eachInTurn, oneOf } from "./random.js";

const uids = ["a", "b", "c"];

function opened() {
  const stored = installBrowser();
  const server = new FakeServer(...uids);
  const draft = new Draft();
  draft.open(server.reading());
  const outbox = new Outbox(draft);
  const lost = [];
  for (const name of ["dropped", "aside"]) outbox.addEventListener(name, ({ detail }) => lost.push(detail));
  outbox.open();
  return { stored, server, draft, outbox, lost };
}

function gesture(next) {
  const on = { sop_instance_uid: oneOf(next, uids), frame_number: 1 };
  const sensitivity = Math.floor(16 * next()) / 2 - 1;
  return oneOf(next, [
    { kind: "accept", ...on },
    { kind: "exclude", ...on },
    { kind: "no_scar", ...on },
    { kind: "sensitivity", sensitivity, follows: false, ...on },
    { kind: "sensitivity", follows: true },
  ]);
}

const namesOf = (edits) => edits.map((edit) => [edit.kind, edit.sop_instance_uid, edit.sensitivity]);

/** What is left of edits after their undos and redos. */
function folded(edits) {
  const [done, undone] = [[], []];
  for (const edit of edits) {
    if (edit.kind === "undo") undone.push(done.pop());
    else if (edit.kind === "redo") done.push(undone.pop());
    else {
      done.push(edit);
      undone.length = 0;
    }
  }
  return done;
}

async function online(server, outbox) {
  server.isOffline = false;
  window.dispatchEvent(new Event("online"));
  for (let round = 0; outbox.hasUnsaved && round < 100; round++) {
    await settled();
    mock.timers.tick(8000);
  }
  await settled();
}

const shownOf = ({ draft }) => ({
  sensitivity: draft.reading.sensitivity,
  slices: uids.map((uid) => draft.slice(image(uid))),
});

/** Random gestures, undos and redos while the connection comes and goes. @returns {Promise<object[]>} what is left of them */
async function work(next, { server, outbox }) {
  const [done, undone] = [[], []];
  for (let step = 0; step < 14; step++) {
    const chance = next();
    if (chance < 0.45) {
      done.push(gesture(next));
      undone.length = 0;
      outbox.add(done.at(-1));
    } else if (chance < 0.65 && done.length) {
      undone.push(done.pop());
      outbox.undo();
    } else if (chance < 0.8 && undone.length) {
      done.push(undone.pop());
      outbox.redo();
    } else if (chance < 0.9) server.isOffline = !server.isOffline;
    else server.losesAnswer = true;
    if (next() < 0.4) await settled();
  }
  await online(server, outbox);
  return done;
}

test("what was done and not undone is stored once and in its order, and nothing else is", async () => {
  await eachInTurn(60, async (next) => {
    const page = opened();
    const done = await work(next, page);
    assert.deepEqual(namesOf(folded(page.server.stored)), namesOf(done));
    assert.deepEqual([page.lost, page.stored.size, page.outbox.state], [[], 0, "saved"]);
    assert.deepEqual(
      shownOf(page).slices.map(({ state }) => state),
      [...page.server.slices.values()].map(({ state }) => state),
    );
  });
});

test("so many undos as gestures lead back to where it began, whatever these caused, and redos bring all of it back", async () => {
  await eachInTurn(40, async (next) => {
    const page = opened();
    const began = shownOf(page);
    const states = [began];
    for (let count = 0; count < 6; count++) {
      page.outbox.add(gesture(next));
      await online(page.server, page.outbox);
      states.push(shownOf(page));
    }
    for (const expected of states.slice(0, -1).reverse()) {
      page.outbox.undo();
      await online(page.server, page.outbox);
      assert.deepEqual(shownOf(page), expected);
    }
    for (const expected of states.slice(1)) {
      page.outbox.redo();
      await online(page.server, page.outbox);
      assert.deepEqual(shownOf(page), expected);
    }
  });
});

test("an edit that waits behind one that makes the sensitivity follow is made on the slices as that leaves them", async () => {
  const page = opened();
  page.server.isOffline = true;
  page.outbox.add({ kind: "accept", sop_instance_uid: "a", frame_number: 1 });
  page.outbox.add({ kind: "exclude", sop_instance_uid: "b", frame_number: 1 });
  await settled();
  await online(page.server, page.outbox);
  assert.deepEqual(namesOf(page.server.stored), [
    ["accept", "a", undefined],
    ["exclude", "b", undefined],
  ]);
  assert.deepEqual([page.lost, page.draft.slice(image("c")).state], [[], "proposed"]);
  assert.equal(page.draft.reading.sensitivity, 0.5);
});
