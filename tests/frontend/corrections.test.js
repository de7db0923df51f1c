/** The laws of correction on the page, over random masks and gestures. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { edited, paintEdit, promptEdit, toSend } from "../../frontend/static/js/reading/edits.js";
import { holdsPixel, isAny, pixelsOf, rleOf, withoutPartAt } from "../../frontend/static/js/reading/mask.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { SecondWord } from "../../frontend/static/js/reading/second_word.js";
import { segmentOf } from "../../frontend/static/js/reading/segments.js";
import { Stroke } from "../../frontend/static/js/tools/stroke.js";
import { FakeServer, image, installBrowser, settled } from "./fakes.js";

const grid = { rows: 12, columns: 16, pixel_spacing_mm: [1.4, 1.1] };
const size = [grid.rows, grid.columns];

/** Numbers between 0 and 1 that are the same at every run (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const randomMask = (next) =>
  rleOf(
    Uint8Array.from({ length: grid.rows * grid.columns }, () => Number(next() < 0.35)),
    size,
  );
const placeOn = (next) => ({ x: next() * grid.columns, y: next() * grid.rows });
const isSubset = (few, many) => pixelsOf(few).every((pixel, at) => pixel <= pixelsOf(many)[at]);

function each(count, check) {
  for (let seed = 1; seed <= count; seed++) check(random(seed), seed);
}

test("a stroke only adds or only takes away, and within its limit only", () => {
  each(60, (next) => {
    const before = randomMask(next);
    const limit = randomMask(next);
    const marks = { diameter_mm: 1 + 6 * next(), erases: next() < 0.5 };
    const within = next() < 0.5 ? pixelsOf(limit) : undefined;
    const stroke = new Stroke(before, grid, placeOn(next), { ...marks, within });
    stroke.to(placeOn(next));
    assert.ok(marks.erases ? isSubset(stroke.mask, before) : isSubset(before, stroke.mask));
    const changed = pixelsOf(stroke.mask).map((pixel, at) => pixel ^ pixelsOf(before)[at]);
    if (within) assert.ok(changed.every((pixel, at) => pixel <= within[at]));
  });
});

test("removing a part takes away all that hangs together with the place, and nothing else", () => {
  each(60, (next) => {
    const before = randomMask(next);
    const at = placeOn(next);
    const after = withoutPartAt(before, at);
    assert.ok(isSubset(after, before));
    assert.equal(holdsPixel(after, at), false);
    if (!holdsPixel(before, at)) assert.deepEqual(after, before);
    const [was, is] = [pixelsOf(before), pixelsOf(after)];
    was.forEach((pixel, index) => {
      if (!pixel || is[index]) return;
      for (const step of [-1, 1, -grid.rows, grid.rows])
        if (was[index + step] && Math.abs(((index + step) % grid.rows) - (index % grid.rows)) <= 1)
          assert.equal(is[index + step], 0, "a neighbour of what was taken stays");
    });
  });
});

const sliceWith = (mask) => ({
  ...{ sop_instance_uid: "1", frame_number: 1, revision: 1, state: "proposed", state_before: null },
  segments: { scar: { mask, boxes: [], points: [], score: 1, area_mm2: 0, mass: null } },
});

test("what an edit shows at once is what is sent, whatever came between", () => {
  each(40, (next) => {
    const [shown, stored, painted] = [randomMask(next), randomMask(next), randomMask(next)];
    const edit = paintEdit(shown, painted);
    assert.deepEqual(segmentOf(edited(sliceWith(shown), edit, grid)).mask, painted);
    assert.deepEqual(toSend(edit, sliceWith(stored)).mask, segmentOf(edited(sliceWith(stored), edit, grid)).mask);
    const at = placeOn(next);
    const removal = { kind: "remove_part", structure: "scar", point: at };
    const left = edited(sliceWith(stored), removal, grid);
    assert.deepEqual(segmentOf(left).mask, withoutPartAt(stored, at));
    assert.equal(left.state, "edited");
    assert.deepEqual(toSend(removal, sliceWith(stored)), removal);
  });
});

test("a click where a point lies already is a point of its own", () => {
  const point = { x: 3, y: 4, positive: true };
  const once = { boxes: [], points: [point] };
  const edit = promptEdit(once, { boxes: [], points: [point, { ...point }] });
  assert.deepEqual(edit.points, [[null, point]]);
  assert.deepEqual(promptEdit({ boxes: [], points: [point, point] }, once).points, [[point, null]]);
});

test("a second word counts for what it was first said of, and not for ever", () => {
  installBrowser();
  const word = new SecondWord();
  assert.equal(word.isGiven("a"), false);
  assert.equal(word.isGiven("b"), false);
  assert.equal(word.isGiven("b"), true);
  assert.equal(word.isGiven("b"), false);
  word.forget();
  assert.equal(word.isGiven("b"), false);
});

let server;
let draft;
let outbox;

beforeEach(() => {
  installBrowser();
  server = new FakeServer("a", "b");
  draft = new Draft();
  draft.open(server.reading());
  outbox = new Outbox(draft);
  outbox.open();
});

test("what is taken back while it is on its way is shown no more", async () => {
  outbox.add({ kind: "accept", sop_instance_uid: "a", frame_number: 1 });
  outbox.undo(true);
  assert.equal(draft.slice(image("a")).state, "proposed");
  await settled();
  assert.deepEqual(
    server.stored.map(({ kind }) => kind),
    ["accept", "undo"],
  );
});

test("one undo takes back one gesture, sent or not, and what was not meant is taken back in silence", async () => {
  const heard = [];
  for (const name of ["stored", "undone"]) outbox.addEventListener(name, ({ detail }) => heard.push([name, detail]));
  const accept = { kind: "accept", sop_instance_uid: "a", frame_number: 1 };
  server.isOffline = true;
  outbox.add(accept);
  outbox.add({ ...accept, sop_instance_uid: "b" });
  outbox.undo(true);
  assert.equal(draft.slice(image("b")).state, "proposed");
  assert.deepEqual(heard, []);
  await settled();
  server.isOffline = false;
  window.dispatchEvent(new Event("online"));
  await settled();
  outbox.undo(true);
  await settled();
  assert.deepEqual(
    server.stored.map(({ kind }) => kind),
    ["accept", "undo"],
  );
  assert.deepEqual(
    heard.map(([, { edit, isQuiet }]) => [edit.kind, isQuiet]),
    [
      ["accept", false],
      ["undo", true],
    ],
  );
  assert.ok(isAny(segmentOf(draft.slice(image("a"))).mask) === false);
});
