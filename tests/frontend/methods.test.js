/** Methods are asked for while their panel is open and at rest; regions are kept for each reading. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { Methods } from "../../frontend/static/js/reading/methods.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { Regions } from "../../frontend/static/js/reading/regions.js";
import { FakeServer, image, installBrowser, settled } from "./fakes.js";

const mask = { size: [2, 2], counts: [1, 3] };
const circle = { ...image("a"), region: "remote", x: 1, y: 1, radius_mm: 3 };
const answer = (key, masks) => ({ key, method: { name: key }, slices: [{ ...image("a"), mask: masks ? mask : null }] });

let server;
let draft;
let outbox;
let regions;
let methods;
/** The bodies of what was asked for. */
let asked;

async function rest() {
  await settled();
  mock.timers.tick(500);
  await settled();
}

beforeEach(() => {
  installBrowser();
  server = new FakeServer("a", "b");
  asked = [];
  const others = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    if (!path.endsWith("/methods")) return others(path, options);
    const body = JSON.parse(options.body);
    asked.push(body);
    const keys = body.methods ? body.methods.map(({ name }) => name) : ["otsu", "core"];
    return Response.json({ revision: server.revision, methods: keys.map((key) => answer(key, body.with_masks)) });
  };
  draft = new Draft();
  outbox = new Outbox(draft);
  regions = new Regions(draft);
  methods = new Methods(draft, outbox, regions);
  draft.open(server.reading());
  outbox.open();
});

test("nothing is asked for while the panel is closed", async () => {
  await rest();
  assert.deepEqual(asked, []);
  methods.setOn(true);
  await rest();
  assert.deepEqual(asked, [{ regions: [] }]);
  assert.deepEqual(
    methods.list.map(({ key }) => key),
    ["otsu", "core"],
  );
});

test("the masks of the chosen method alone are asked for, and shown until it is let go", async () => {
  methods.setOn(true);
  await rest();
  assert.equal(methods.maskOf(image("a")), null);
  methods.choose("core");
  await rest();
  assert.deepEqual(asked.at(-1), { methods: [{ name: "core" }], regions: [], with_masks: true });
  assert.deepEqual(methods.maskOf(image("a")), mask);
  assert.equal(methods.maskOf(image("b")), null);
  methods.choose("otsu");
  assert.equal(methods.maskOf(image("a")), null);
  methods.choose(null);
  await rest();
  assert.equal(methods.maskOf(image("a")), null);
});

test("what the reader changes is followed once it is stored, and a slice that is not stored is not asked about", async () => {
  methods.setOn(true);
  await rest();
  assert.equal(methods.isCurrent, true);
  outbox.add({ kind: "accept", ...image("a") });
  assert.equal(methods.isCurrent, false);
  await rest();
  assert.equal(asked.length, 2);
  assert.equal(methods.isCurrent, true);
});

test("a region is sent with the next question, takes the place of the one before and comes back with its reading", async () => {
  methods.setOn(true);
  await rest();
  regions.place(circle);
  regions.place({ ...circle, radius_mm: 5 });
  regions.place({ ...circle, region: "hyperenhanced" });
  await rest();
  const placed = [
    { ...circle, radius_mm: 5 },
    { ...circle, region: "hyperenhanced" },
  ];
  assert.deepEqual(asked.at(-1).regions, placed);
  assert.deepEqual(new Regions(draft).list, placed);
  regions.removeOn(image("a"));
  await rest();
  assert.deepEqual(asked.at(-1).regions, []);
  assert.deepEqual(new Regions(draft).list, []);
});

test("a question that fails says why, and the next change asks again", async () => {
  const working = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    if (path.endsWith("/methods")) throw new TypeError("offline");
    return working(path, options);
  };
  methods.setOn(true);
  await rest();
  assert.match(methods.problem, /cannot be worked out/);
  globalThis.fetch = working;
  methods.setOn(true);
  await rest();
  assert.equal(methods.problem, "");
  assert.equal(methods.list.length, 2);
});

test("a region on a slice that is not in the reading now is kept and not sent", async () => {
  methods.setOn(true);
  regions.place({ ...circle, ...image("gone") });
  await rest();
  assert.deepEqual(asked.at(-1).regions, []);
  assert.match(localStorage.getItem("scarmass.regions.reading"), /gone/);
});
