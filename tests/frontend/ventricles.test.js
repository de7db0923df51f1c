/** What is drawn far from the left ventricle, and what only reaches beyond it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ventricles } from "../../frontend/static/js/reading/ventricles.js";

const slice = { sop_instance_uid: "a", frame_number: 1, pixel_spacing_mm: [2, 1] };
const ventricle = { x0: 40, y0: 40, x1: 80, y1: 60 };
const margin_mm = 10;

const ventricles = new Ventricles();
ventricles.take({
  ventricles: [
    { sop_instance_uid: "a", frame_number: 1, box: ventricle },
    { sop_instance_uid: "b", frame_number: 1, box: null },
  ],
  ventricle_margin_mm: margin_mm,
});

const box = (x, y) => ({ boxes: [{ x0: x, y0: y, x1: x + 8, y1: y + 8 }], points: [] });
const click = (x, y, positive = true) => ({ boxes: [], points: [{ x, y, positive }] });

test("a box is far where it lies wholly beyond the margin, in mm on either axis", () => {
  for (const [x, y] of [
    [21, 45],
    [91, 45],
    [50, 26],
    [50, 66],
  ])
    assert.equal(ventricles.isFar(slice, box(x, y)), true, `${x}, ${y}`);
  for (const [x, y] of [
    [23, 45],
    [89, 45],
    [50, 28],
    [50, 64],
    [50, 50],
  ])
    assert.equal(ventricles.isFar(slice, box(x, y)), false, `${x}, ${y}`);
});

test("a point is far where it marks scar; one that takes away may lie anywhere", () => {
  assert.equal(ventricles.isFar(slice, click(29, 50)), true);
  assert.equal(ventricles.isFar(slice, click(31, 50)), false);
  assert.equal(ventricles.isFar(slice, click(29, 50, false)), false);
});

test("one part that is far is enough, and nothing drawn is not", () => {
  const both = { boxes: [...box(50, 50).boxes, ...box(0, 0).boxes], points: [] };
  assert.equal(ventricles.isFar(slice, both), true);
  assert.equal(ventricles.isFar(slice, { boxes: [], points: [] }), false);
});

test("where the ventricle is not known nothing is far", () => {
  assert.equal(ventricles.isFar({ ...slice, sop_instance_uid: "b" }, box(0, 0)), false);
  assert.equal(ventricles.isFar({ ...slice, sop_instance_uid: "c" }, box(0, 0)), false);
  assert.equal(new Ventricles().isFar(slice, box(0, 0)), false);
});
