import assert from "node:assert/strict";
import { test } from "node:test";
import { alikeOf, lineAt, nearestAlong, ventricleRange } from "../../frontend/static/js/image/linked.js";

/** 8 x 8 pixels of 1 mm across the z axis. */
const axial = (z, phase = 1) => ({
  rows: 8,
  columns: 8,
  pixel_spacing_mm: [1, 1],
  position_mm: [0, 0, z],
  orientation: [1, 0, 0, 0, 1, 0],
  phase,
});
const turned = (z) => ({ ...axial(z), orientation: [1, 0, 0, 0, 0, -1] });
const stack = (...places) => places.map((z) => axial(z));
const read = (state, hasVentricle) => ({
  state,
  segments: hasVentricle ? { left_ventricle: { mask: { size: [1, 1], counts: [0, 1] } } } : {},
});

test("of images along a slice, the one nearest to it in the patient belongs to it", () => {
  assert.equal(nearestAlong(stack(0, 12, 24, 36), axial(20), 1), 2);
  assert.equal(nearestAlong(stack(36, 24, 12, 0), axial(20), 1), 1);
  assert.equal(nearestAlong(stack(0, 12), axial(400), 1), 1);
});

test("of the phases of one position, the one that was shown stays", () => {
  const images = [axial(0, 1), axial(0, 2), axial(12, 1), axial(12.1, 2), axial(12, 3)];
  assert.equal(nearestAlong(images, axial(11), 2), 3);
});

test("images across a slice have no place along it", () => {
  assert.equal(nearestAlong([turned(0), turned(5)], axial(2), 1), null);
});

test("a prior's slice is as far on its way as the reader's", () => {
  const now = stack(0, 10, 20, 30, 40);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((index) => alikeOf(index, now, stack(500, 508, 516, 524, 532, 540, 548, 556, 564))),
    [0, 2, 4, 6, 8],
  );
});

test("a prior that was acquired the other way round is turned round", () => {
  assert.equal(alikeOf(0, stack(0, 10, 20), stack(520, 510, 500)), 2);
});

test("where both have contours, their ventricles are compared and not their stacks", () => {
  const [now, then] = [stack(0, 10, 20, 30, 40, 50), stack(0, 10, 20, 30)];
  assert.equal(alikeOf(2, now, then, [2, 5], [0, 3]), 0);
  assert.equal(alikeOf(5, now, then, [2, 5], [0, 3]), 3);
  assert.equal(alikeOf(0, now, then, [2, 5], [0, 3]), 0);
});

test("slices that lie unevenly are compared by millimetres, not by number", () => {
  assert.equal(alikeOf(1, stack(0, 30, 40), stack(0, 10, 20, 30, 40)), 3);
});

test("a stack of one slice is in the middle of any other", () => {
  assert.equal(alikeOf(0, stack(5), stack(0, 10, 20)), 1);
  assert.equal(alikeOf(2, stack(0, 10, 20), stack(5)), 0);
});

test("the ventricle reaches from its first contour that counts to its last", () => {
  const slices = [read("excluded", true), read("accepted", true), read("proposed", false), read("no_scar", true)];
  assert.deepEqual(ventricleRange(slices), [1, 3]);
  assert.equal(ventricleRange([read("accepted", true), read("accepted", false)]), null);
});

test("a click beside a line is on it, beyond its end or far from it on none", () => {
  const line = (y) => ({ from: { x: 0, y }, to: { x: 100, y } });
  const lines = [line(10), null, line(30)];
  assert.equal(lineAt(lines, { x: 50, y: 26 }, 6), 2);
  assert.equal(lineAt(lines, { x: 50, y: 20 }, 6), -1);
  assert.equal(lineAt(lines, { x: 120, y: 10 }, 6), -1);
  assert.equal(lineAt([], { x: 0, y: 0 }, 6), -1);
});
