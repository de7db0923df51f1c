/** The laws of correction on the page, over random masks and gestures. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SecondWord } from "../../frontend/static/js/common/second_word.js";
import { moved, resized } from "../../frontend/static/js/reading/box.js";
import { withCoresFilled } from "../../frontend/static/js/reading/cores.js";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { edited, paintEdit, promptEdit, toSend } from "../../frontend/static/js/reading/edits.js";
import { holdsPixel, isAny, pixelsOf, withoutIslands, withoutPartAt } from "../../frontend/static/js/reading/mask.js";
import { Outbox } from "../../frontend/static/js/reading/outbox.js";
import { segmentOf } from "../../frontend/static/js/reading/segments.js";
import { Stroke } from "../../frontend/static/js/tools/stroke.js";
import { FakeServer, image, installBrowser, settled } from "./fakes.js";
import { each, grid, placeOn, randomBox, randomMask, randomPrompt } from "./random.js";

const isSubset = (few, many) => pixelsOf(few).every((pixel, at) => pixel <= pixelsOf(many)[at]);

test("a stroke only adds or only takes away, and within its limit only", () => {
  each(60, (next) => {
    const before = randomMask(next);
    const limit = randomMask(next);
    const marks = { diameter_mm: 1 + 6 * next(), erases: next() < 0.5 };
    const within = next() < 0.5 ? pixelsOf(limit) : undefined;
    const stroke = new Stroke(before, grid, placeOn(next), { ...marks, within });
    stroke.to(placeOn(next));
    const stored = randomMask(next);
    const { mask: sent } = toSend(paintEdit(before, stroke.mask), sliceWith(stored));
    for (const [was, is] of [
      [before, stroke.mask],
      [stored, sent],
    ])
      assert.ok(marks.erases ? isSubset(is, was) : isSubset(was, is));
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

const sliceWith = (mask, prompt = { boxes: [], points: [] }) => ({
  ...{ sop_instance_uid: "1", frame_number: 1, revision: 1, state: "proposed", state_before: null },
  segments: { scar: { mask, ...prompt, score: 1, area_mm2: 0, mass: null } },
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

const inside = (box, outer) => box.x0 >= outer.x0 && box.y0 >= outer.y0 && box.x1 <= outer.x1 && box.y1 <= outer.y1;

test("what is sent of a prompt is what was drawn, and a box that was resized or moved stands in its own place", () => {
  each(80, (next) => {
    const before = randomPrompt(next);
    const drawn = randomPrompt(next);
    const sent = toSend(promptEdit(before, drawn), sliceWith(randomMask(next), before));
    const order = (items) => items.map((item) => JSON.stringify(item)).sort();
    for (const kind of ["boxes", "points"]) assert.deepEqual(order(sent[kind] ?? []), order(drawn[kind]));
    if (drawn.boxes.length + drawn.points.length === 0) return assert.equal(sent.kind, "clear");
    const at = Math.floor(next() * (before.boxes.length + 1));
    const box = before.boxes[at];
    const handle = ["x0y0", "x1y1", "x0", "y1"][Math.floor(next() * 4)];
    if (!box) return;
    const resizedBox = resized(box, handle, placeOn(next), grid);
    const boxes = before.boxes.with(at, resizedBox);
    const edit = promptEdit(before, { ...before, boxes });
    assert.deepEqual(toSend(edit, sliceWith(randomMask(next), before)).boxes, boxes);
    // What came from elsewhere stays, and only this box becomes another one.
    const elsewhere = randomBox(next);
    const others = { ...before, boxes: [elsewhere, ...before.boxes] };
    assert.deepEqual(toSend(edit, sliceWith(randomMask(next), others)).boxes, [elsewhere, ...boxes]);
  });
});

test("a side that is dragged outwards makes the box larger and inwards smaller, and a moved box keeps its size", () => {
  each(80, (next) => {
    const box = randomBox(next);
    const by = 3 * next();
    const outer = resized(box, "x1y1", { x: box.x1 + by, y: box.y1 + by }, grid);
    const inner = resized(box, "x0y0", { x: box.x0 + Math.min(by, 1), y: box.y0 + Math.min(by, 1) }, grid);
    assert.ok(inside(box, outer) && inside(inner, box));
    const away = moved(box, 20 * next() - 10, 20 * next() - 10, grid);
    assert.ok(inside(away, { x0: 0, y0: 0, x1: grid.columns + 1e-9, y1: grid.rows + 1e-9 }));
    for (const [low, high] of [
      ["x0", "x1"],
      ["y0", "y1"],
    ])
      assert.ok(Math.abs(away[high] - away[low] - (box[high] - box[low])) < 1e-9);
  });
});

test("filling cores only adds, dropping small parts only takes away", () => {
  each(60, (next) => {
    const before = randomMask(next);
    assert.ok(isSubset(before, withCoresFilled(before, grid)));
    assert.ok(isSubset(withoutIslands(before, 1 + Math.floor(5 * next())), before));
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
