import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { FakeServer, image, installBrowser, readingId, settled } from "./fakes.js";

let server;
let stored;
let draft;
let outbox;
let events;

const on = (uid, kind) => ({ kind, sop_instance_uid: uid, frame_number: 1 });
const kinds = () => server.stored.map(({ kind, sop_instance_uid: uid }) => [uid, kind]);
const stateOf = (uid) => draft.slice(image(uid)).state;

function open() {
  draft = new Draft();
  draft.open(server.reading());
  outbox = new Outbox(draft);
  events = [];
  for (const name of ["stored", "dropped", "undone", "redone", "recovered", "aside"])
    outbox.addEventListener(name, ({ detail }) => events.push([name, detail]));
  outbox.open();
}

beforeEach(() => {
  stored = installBrowser();
  server = new FakeServer("a", "b");
  open();
});

test("edits are shown at once, and stored in their order", async () => {
  outbox.add(on("a", "accept"));
  outbox.add(on("b", "exclude"));
  outbox.add(on("a", "no_scar"));
  assert.deepEqual([stateOf("a"), stateOf("b"), outbox.state], ["no_scar", "excluded", "saving"]);
  await settled();
  assert.deepEqual(kinds(), [
    ["a", "accept"],
    ["b", "exclude"],
    ["a", "no_scar"],
  ]);
  assert.deepEqual([outbox.state, outbox.hasUnsaved], ["saved", false]);
});

test("without a connection edits are kept, and sent when it is back", async () => {
  server.isOffline = true;
  outbox.add(on("a", "accept"));
  await settled();
  assert.deepEqual([outbox.state, outbox.unsavedCount, stored.size], ["offline", 1, 1]);
  server.isOffline = false;
  window.dispatchEvent(new Event("online"));
  await settled();
  assert.deepEqual(kinds(), [["a", "accept"]]);
  assert.equal(stored.size, 0);
});

for (const kind of ["DatabaseUnavailable", "StoreUnavailable", "ModelsUnavailable", "ModelsBusy"])
  test(`an edit is kept for as long as the server answers ${kind}, and sent again`, async () => {
    server.away = Array(20).fill(kind);
    outbox.add(on("a", "accept"));
    for (let round = 0; round < 21; round++) {
      await settled();
      assert.equal(stored.size, server.stored.length ? 0 : 1);
      mock.timers.tick(60_000);
    }
    await settled();
    assert.deepEqual(kinds(), [["a", "accept"]]);
    assert.deepEqual(
      events.filter(([name]) => name === "dropped"),
      [],
    );
  });

const segmentation = {
  sop_instance_uid: "1.2.3",
  label: "Contours",
  creator: "Roe, Richard",
  segments: [{ number: 1, meaning: "scar" }],
};

test("a segmentation is taken over in its turn, into the reading that is open, and undone in one step", async () => {
  outbox.add(on("a", "accept"));
  outbox.add({ kind: "import", segmentation });
  await settled();
  const { kind, reading_id, expected_revision, sop_instance_uid, segments } = server.stored[1];
  assert.deepEqual([kind, reading_id, expected_revision], ["import", readingId, 1]);
  assert.deepEqual([sop_instance_uid, segments], [segmentation.sop_instance_uid, segmentation.segments]);
  assert.deepEqual([stateOf("a"), stateOf("b")], ["edited", "edited"]);
  outbox.undo();
  await settled();
  assert.deepEqual([stateOf("a"), stateOf("b")], ["accepted", "proposed"]);
});

test("a segmentation is not taken over on what another window did meanwhile", async () => {
  server.editElsewhere("b", { state: "no_scar" });
  outbox.add({ kind: "import", segmentation });
  await settled();
  assert.deepEqual([stateOf("b"), server.stored.length], ["no_scar", 0]);
  assert.deepEqual(
    events.map(([name]) => name),
    ["dropped"],
  );
});

test("an edit whose answer was lost is stored once", async () => {
  server.losesAnswer = true;
  outbox.add(on("a", "accept"));
  await settled();
  mock.timers.tick(500);
  await settled();
  assert.deepEqual(kinds(), [["a", "accept"]]);
  assert.equal(outbox.state, "saved");
});

test("what is undone before it was sent is never sent, and can be done again", async () => {
  server.isOffline = true;
  outbox.add(on("a", "accept"));
  await settled();
  outbox.add(on("b", "exclude"));
  outbox.undo();
  assert.deepEqual([stateOf("b"), outbox.unsavedCount, outbox.canRedo], ["proposed", 1, true]);
  outbox.redo();
  assert.equal(stateOf("b"), "excluded");
  assert.deepEqual(
    events.map(([name]) => name),
    ["undone", "redone"],
  );
});

test("an edit elsewhere on another slice does not stand in the way", async () => {
  server.editElsewhere("b");
  outbox.add(on("a", "accept"));
  await settled();
  assert.deepEqual(kinds(), [["a", "accept"]]);
  assert.equal(draft.revision, 2);
});

test("an edit that collides with another window's waits for the reader, and may be sent again", async () => {
  server.editElsewhere("a", { state: "no_scar" });
  outbox.add(on("a", "accept"));
  outbox.add(on("b", "exclude"));
  await settled();
  const [[name, step]] = events;
  assert.deepEqual([name, step.refusal, outbox.asideCount, stateOf("a")], ["aside", null, 1, "no_scar"]);
  assert.deepEqual(kinds(), [["b", "exclude"]]);
  outbox.sendAgain(step);
  await settled();
  assert.deepEqual(kinds(), [
    ["b", "exclude"],
    ["a", "accept"],
  ]);
  assert.equal(outbox.asideCount, 0);
});

test("what the server refuses waits with its reason, and holds nothing up", async () => {
  server.refusals.set("accept", "not now");
  outbox.add(on("a", "accept"));
  outbox.add(on("b", "exclude"));
  await settled();
  assert.deepEqual([events[0][0], events[0][1].refusal], ["aside", "not now"]);
  assert.deepEqual(kinds(), [["b", "exclude"]]);
});

test("an undo of a reading that was changed elsewhere is not done", async () => {
  server.editElsewhere("a");
  outbox.add({ kind: "undo" });
  await settled();
  assert.deepEqual([events[0][0], events[0][1].edit.kind, server.stored], ["dropped", "undo", []]);
});

test("what a page that is gone has left is recovered", async () => {
  server.isOffline = true;
  outbox.add(on("a", "accept"));
  await settled();
  const left = JSON.parse([...stored.values()][0]);
  installBrowser().set(`scarmass.unsent.${readingId}.gone`, JSON.stringify({ ...left, alive_until: 0 }));
  server.isOffline = false;
  open();
  await settled();
  assert.deepEqual(events[0], ["recovered", { count: 1 }]);
  assert.deepEqual(kinds(), [["a", "accept"]]);
});

test("an edit tells what its slice was before it, also where the news of it are faster than its answer", async () => {
  server.beforeAnswer = (answer) => draft.take(answer);
  outbox.add(on("a", "accept"));
  await settled();
  const [[name, { before }]] = events;
  assert.deepEqual([name, before.state, stateOf("a")], ["stored", "proposed", "accepted"]);
});

test("a signed reading takes no edit, undo or redo, and says so each time", async () => {
  outbox.add(on("a", "accept"));
  await settled();
  draft.take({ ...server.reading(), state: "signed" });
  let said = 0;
  outbox.addEventListener("closed", () => (said += 1));
  outbox.add(on("b", "exclude"));
  outbox.undo();
  outbox.redo();
  outbox.goBy("undo", 1);
  await settled();
  assert.deepEqual(kinds(), [["a", "accept"]]);
  assert.deepEqual([said, stateOf("b"), outbox.hasUnsaved], [4, "proposed", false]);
});

test("what waits in one window while another one signs is set aside with its reason, and is not lost", async () => {
  server.isOffline = true;
  outbox.add(on("a", "exclude"));
  await settled();
  draft.take({ ...server.reading(), state: "signed" });
  server.refusals.set("exclude", "the reading is signed");
  server.isOffline = false;
  window.dispatchEvent(new Event("online"));
  await settled();
  assert.deepEqual([server.stored.length, outbox.asideCount, stateOf("a")], [0, 1, "proposed"]);
  assert.deepEqual(events.at(-1)[1].refusal, "the reading is signed");
});

test("what is more than a share waits as long as the server says, and nothing is lost, doubled or set aside", async () => {
  server.tooMany = 20;
  outbox.add(on("a", "accept"));
  outbox.add(on("b", "exclude"));
  for (let refused = 0; refused < 20; refused++) {
    await settled();
    mock.timers.tick(2999);
    await settled();
    assert.deepEqual([kinds(), outbox.unsavedCount, outbox.asideCount], [[], 2, 0]);
    mock.timers.tick(1);
  }
  await settled();
  assert.deepEqual(kinds(), [
    ["a", "accept"],
    ["b", "exclude"],
  ]);
  assert.equal(outbox.state, "saved");
});
