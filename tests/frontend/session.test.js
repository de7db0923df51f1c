import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { session } from "../../frontend/static/js/common/session.js";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { readingsWithUnsent, unsentCount } from "../../frontend/static/js/reading/unsent.js";
import { FakeServer, image, installBrowser, readingId, settled } from "./fakes.js";

let server;
let stored;
let draft;
let outbox;
let recovered;

const accept = { kind: "accept", sop_instance_uid: "a", frame_number: 1 };
const stateOf = (uid) => draft.slice(image(uid)).state;

/** A page of the reading, in the browser as it was left, made for whoever is signed in now. */
function openAs(personId) {
  session.isEnded = false;
  server.signedIn = personId;
  stored = installBrowser(personId, stored);
  draft = new Draft();
  draft.open(server.reading());
  outbox = new Outbox(draft);
  recovered = [];
  outbox.addEventListener("recovered", (event) => recovered.push(event.detail.count));
  outbox.open();
}

/** The page goes, as when a link is followed. */
const leave = () => window.dispatchEvent(new Event("pagehide"));

beforeEach(() => {
  stored = new Map();
  server = new FakeServer("a", "b");
  openAs("anna");
});

test("an edit after the session ended is kept, and nothing is asked until somebody signs in", async () => {
  server.signedIn = "";
  outbox.add(accept);
  await settled();
  const { asked } = server;
  outbox.add({ ...accept, sop_instance_uid: "b" });
  mock.timers.tick(60_000);
  await settled();
  assert.deepEqual([outbox.state, outbox.unsavedCount, outbox.asideCount], ["ended", 2, 0]);
  assert.deepEqual([server.asked, server.stored.length], [asked, 0]);
  assert.deepEqual([session.isEnded, unsentCount(), stateOf("a")], [true, 2, "accepted"]);
});

test("who signs in again in another window has their edits sent from this one", async () => {
  server.signedIn = "";
  outbox.add(accept);
  await settled();
  server.signedIn = "anna";
  session.take("anna");
  await settled();
  assert.deepEqual([outbox.state, server.stored.length, session.isEnded], ["saved", 1, false]);
});

test("who signs in again on this page has their edits sent from the next one", async () => {
  server.signedIn = "";
  outbox.add(accept);
  await settled();
  leave();
  openAs("anna");
  await settled();
  assert.deepEqual([recovered, server.stored.length, stored.size], [[1], 1, 0]);
});

test("another person neither sends what is kept nor hears of it, and it stays for the one who did it", async () => {
  server.signedIn = "";
  outbox.add(accept);
  await settled();
  leave();
  openAs("bert");
  mock.timers.tick(600_000);
  await settled();
  assert.deepEqual([recovered, outbox.unsavedCount, server.stored.length], [[], 0, 0]);
  assert.deepEqual([unsentCount(), readingsWithUnsent().size, stateOf("a")], [0, 0, "proposed"]);
  leave();
  openAs("anna");
  assert.deepEqual([unsentCount(), [...readingsWithUnsent()]], [1, [readingId]]);
  await settled();
  assert.deepEqual([recovered, server.stored.length], [[1], 1]);
});

test("an edit on a page of one person is not stored as another's who signed in beside it", async () => {
  server.signedIn = "bert";
  outbox.add(accept);
  await settled();
  assert.deepEqual([outbox.state, outbox.unsavedCount, server.stored.length], ["ended", 1, 0]);
});

test("a page that nobody touches for a while asks for nothing by itself, so that its session ends", () => {
  session.touchedAt = Date.now();
  mock.timers.tick(119_000);
  assert.equal(session.isUnattended, false);
  mock.timers.tick(2000);
  assert.equal(session.isUnattended, true);
  openAs("");
  assert.equal(session.isUnattended, false);
});

test("only what a person's roles give can be done; without a login everything can", () => {
  document.documentElement.dataset.permissions = "read view";
  assert.deepEqual([session.may("view"), session.may("sign")], [true, false]);
  openAs("");
  assert.equal(session.may("sign"), true);
});

test("without a login nobody is asked for, and what is kept is anybody's", async () => {
  openAs("");
  server.isOffline = true;
  outbox.add(accept);
  await settled();
  leave();
  server.isOffline = false;
  openAs("");
  await settled();
  assert.deepEqual([recovered, server.stored.length], [[1], 1]);
});
