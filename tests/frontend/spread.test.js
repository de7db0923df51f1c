/** The spread is asked for at rest, and what it says holds for what it was asked about alone. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { Spread } from "../../frontend/static/js/reading/spread.js";
import { FakeServer, image, installBrowser, settled } from "./fakes.js";

const mass = (mass_g) => ({ by_slice_thickness: { volume_ml: mass_g, mass_g }, by_slice_spacing: null });
const rest_ms = 2000;
const accept = (uid) => ({ kind: "accept", sop_instance_uid: uid, frame_number: 1 });

let server;
let draft;
let outbox;
let spread;
/** How often the spread was asked for. */
let asked;
let changes;

const answer = () => ({
  revision: server.revision,
  spread: mass(2),
  slices: [
    { ...image("a"), spread: mass(1.5) },
    { ...image("b"), spread: null },
    { ...image("c"), spread: mass(0.8) },
  ],
  check_first: [image("c"), image("a")],
});

async function rest(ms = rest_ms) {
  await settled();
  mock.timers.tick(ms);
  await settled();
}

beforeEach(() => {
  installBrowser();
  server = new FakeServer("a", "b", "c");
  asked = 0;
  changes = 0;
  const others = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    if (!path.endsWith("/spread")) return others(path, options);
    asked += 1;
    return Response.json(answer());
  };
  draft = new Draft();
  outbox = new Outbox(draft);
  spread = new Spread(draft, outbox);
  spread.addEventListener("change", () => {
    changes += 1;
  });
  draft.open({ ...server.reading(), totals: mass(20) });
  outbox.open();
});

const names = () => spread.first.map((each) => each.sop_instance_uid);

test("it is asked for once nothing was changed for two seconds", async () => {
  await rest(rest_ms - 1);
  assert.deepEqual([asked, spread.mass, names()], [0, null, []]);
  await rest(1);
  assert.deepEqual([asked, changes], [1, 1]);
  assert.deepEqual([spread.mass, names(), spread.of(image("a"))], [mass(2), ["c", "a"], mass(1.5)]);
  await rest();
  assert.equal(asked, 1);
});

test("an edit puts it off, and then it is asked for anew", async () => {
  await rest(rest_ms - 1);
  outbox.add(accept("b"));
  await rest(rest_ms - 1);
  assert.equal(asked, 0);
  await rest(1);
  assert.equal(asked, 1);
});

test("while proposals are to come it is not asked for", async () => {
  draft.take({ ...server.reading(), state: "preparing" });
  await rest();
  assert.equal(asked, 0);
  draft.take(server.reading());
  await rest();
  assert.equal(asked, 1);
});

test("an answer about another revision is dropped", async () => {
  server.editElsewhere("a");
  await rest();
  assert.deepEqual([asked, spread.mass, changes], [1, null, 0]);
});

test("an answer that comes after an edit is dropped", async () => {
  const { fetch } = globalThis;
  let late = () => {};
  globalThis.fetch = async (path, options) => {
    const response = await fetch(path, options);
    if (path.endsWith("/spread")) await new Promise((resume) => (late = resume));
    return response;
  };
  await rest();
  outbox.add(accept("a"));
  late();
  await settled();
  assert.equal(spread.mass, null);
});

test("a slice that was decided is not to be checked, and one that was changed is not known, before it is asked anew", async () => {
  await rest();
  outbox.add({ ...accept("c"), kind: "exclude" });
  await settled();
  assert.deepEqual(names(), ["a"]);
  server.editElsewhere("a", { state: "edited" });
  draft.take({ ...server.reading(), totals: mass(20) });
  assert.deepEqual([names(), spread.of(image("a"))], [[], null]);
});

test("the whole's spread is said of the mass it was found for", async () => {
  await rest();
  server.editElsewhere("a");
  draft.take({ ...server.reading(), totals: mass(20) });
  assert.deepEqual(spread.mass, mass(2));
  server.editElsewhere("a");
  draft.take({ ...server.reading(), totals: mass(21) });
  assert.equal(spread.mass, null);
});

test("where the server does not answer nothing is said", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("offline");
  };
  await rest();
  assert.deepEqual([spread.mass, names()], [null, []]);
});
