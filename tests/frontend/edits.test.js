import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { edited, isChange, paintEdit, promptEdit, toSend } from "../../frontend/static/js/reading/edits.js";
import { pixelsOf, rleOf } from "../../frontend/static/js/reading/mask.js";
import { isDecided, segmentOf } from "../../frontend/static/js/reading/segments.js";

const image = { rows: 2, columns: 3 };
const mask = (...pixels) => rleOf(Uint8Array.from(pixels), [2, 3]);
const full = mask(1, 1, 1, 1, 1, 1);
const box = { x0: 0, y0: 0, x1: 2, y1: 2 };
const other = { x0: 1, y0: 0, x1: 3, y1: 2 };
const segment = { mask: full, boxes: [], points: [], score: null, area_mm2: 6, mass: null };
const slice = (parts = {}) => ({
  sop_instance_uid: "1",
  frame_number: 1,
  revision: 1,
  state: "edited",
  state_before: null,
  segments: { scar: segment },
  ...parts,
});
const changes = {
  prompt: promptEdit({ boxes: [], points: [] }, { boxes: [box], points: [] }),
  paint: paintEdit(null, full),
  remove_part: { kind: "remove_part", point: { x: 0.5, y: 0.5 } },
};

const rows = JSON.parse(readFileSync(new URL("../data/slice_states.json", import.meta.url), "utf8"));

test("slices go from state to state as the table says, and a refused edit changes nothing", () => {
  assert.ok(rows.length > 0);
  for (const { before, kind, after = before, refused } of rows) {
    const { state, state_before, has_mask } = before;
    const untouched = slice({ state, state_before, segments: has_mask ? { scar: segment } : {} });
    const made = edited(untouched, changes[kind] ?? { kind }, image);
    const shown = { state: made.state, state_before: made.state_before, has_mask: "scar" in made.segments };
    const { is_decided, ...expected } = after;
    assert.deepEqual(shown, expected, `${kind} on ${JSON.stringify(before)}`);
    if (refused) assert.deepEqual(made, untouched);
    else assert.equal(isDecided(made), is_decided);
  }
});

test("an edit of another structure leaves scar and the slice's state as they are", () => {
  const paint = { ...paintEdit(null, mask(0, 1, 0, 0, 0, 0)), structure: "no_reflow" };
  const made = edited(slice({ state: "accepted" }), paint, image);
  assert.equal(made.state, "accepted");
  assert.equal(made.segments.scar, segment);
  assert.deepEqual(made.segments.no_reflow.mask, mask(0, 1, 0, 0, 0, 0));
  const cleared = edited(made, { kind: "clear", structure: "no_reflow" }, image);
  assert.deepEqual(Object.keys(cleared.segments), ["scar"]);
});

test("a prompt keeps the mask until the model has answered", () => {
  const made = edited(slice(), changes.prompt, image);
  assert.deepEqual(segmentOf(made), { ...segment, boxes: [box] });
});

test("a moved box replaces the one that was there, in its place", () => {
  const before = { boxes: [box, other], points: [] };
  const wider = { ...box, x1: 2.5 };
  const edit = promptEdit(before, { boxes: [wider, other], points: [] });
  const sent = toSend(edit, slice({ segments: { scar: { ...segment, ...before } } }));
  assert.deepEqual(sent.boxes, [wider, other]);
});

test("what came from elsewhere meanwhile is kept in what is sent", () => {
  const prompt = promptEdit({ boxes: [], points: [] }, { boxes: [box], points: [] });
  assert.deepEqual(toSend(prompt, slice({ segments: { scar: { ...segment, boxes: [other] } } })).boxes, [other, box]);
  const paint = paintEdit(mask(0, 0, 0, 0, 0, 0), mask(1, 0, 0, 0, 0, 0));
  const stored = slice({ segments: { scar: { ...segment, mask: mask(0, 0, 0, 0, 0, 1) } } });
  assert.deepEqual(pixelsOf(toSend(paint, stored).mask), Uint8Array.from([1, 0, 0, 0, 0, 1]));
});

test("what is stored before its answer has come is not shown twice", () => {
  for (const [before, after] of [
    [[], [box]],
    [[other], [box]],
  ]) {
    const edit = promptEdit({ boxes: before, points: [] }, { boxes: after, points: [] });
    const stored = edited(slice({ segments: { scar: { ...segment, boxes: before } } }), edit, image);
    assert.deepEqual(segmentOf(edited(stored, edit, image)).boxes, after);
  }
});

test("taking the last prompt away is sent as clear", () => {
  const edit = promptEdit({ boxes: [box], points: [] }, { boxes: [], points: [] });
  const stored = slice({ segments: { scar: { ...segment, boxes: [box] } } });
  assert.equal(toSend(edit, stored).kind, "clear");
  assert.equal(edited(stored, edit, image).state, "pending");
});

test("a stroke that changes no pixel is no change", () => {
  assert.equal(isChange(paintEdit(full, full)), false);
  assert.equal(isChange(paintEdit(null, full)), true);
});
