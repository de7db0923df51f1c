import assert from "node:assert/strict";
import { test } from "node:test";
import { areParallel, cutOf, distance_mm } from "../../frontend/static/js/image/cut.js";

/** 100 x 80 pixels of 2 x 1 mm, across the z axis; its first pixel's corner lies at (0, 0). */
const axial = (z) => ({
  rows: 80,
  columns: 100,
  pixel_spacing_mm: [2, 1],
  position_mm: [0.5, 1, z],
  orientation: [1, 0, 0, 0, 1, 0],
});

/** 50 x 50 pixels of 1 mm across the y axis; columns run down the z axis from 40 to -10. */
const coronal = (y, x = 0) => ({
  rows: 50,
  columns: 50,
  pixel_spacing_mm: [1, 1],
  position_mm: [x + 0.5, y, 39.5],
  orientation: [1, 0, 0, 0, 0, -1],
});

const ends = ({ from, to }) =>
  [from, to].map(({ x, y }) => [x, y].map((each) => Math.round(each * 1e6) / 1e6 + 0)).sort((a, b) => a[0] - b[0]);

test("a plane cuts an image along a line, as far as both reach", () => {
  assert.deepEqual(ends(cutOf(axial(10), coronal(60))), [
    [0, 30],
    [50, 30],
  ]);
  assert.deepEqual(ends(cutOf(axial(10), coronal(60, 80))), [
    [80, 30],
    [100, 30],
  ]);
  assert.deepEqual(ends(cutOf(coronal(60), axial(10))), [
    [0, 30],
    [50, 30],
  ]);
});

test("of images that do not reach each other there is no line", () => {
  assert.equal(cutOf(axial(50), coronal(60)), null);
  assert.equal(cutOf(axial(10), coronal(200)), null);
});

test("images that lie along each other have no line, even where they are tilted a little", () => {
  const tilted = { ...axial(10), orientation: [Math.cos(0.2), 0, Math.sin(0.2), 0, 1, 0] };
  assert.equal(cutOf(axial(10), axial(10)), null);
  assert.equal(cutOf(axial(10), tilted), null);
  assert.ok(areParallel(axial(10), tilted));
  assert.ok(!areParallel(axial(10), coronal(60)));
});

test("the line of an oblique plane runs through the points that both show", () => {
  const half = Math.SQRT1_2;
  const oblique = { ...coronal(0), position_mm: [0, 0, 30], orientation: [half, half, 0, 0, 0, -1] };
  const { from, to } = cutOf(axial(10), oblique);
  for (const { x, y } of [from, to]) assert.ok(Math.abs(x - 2 * y) < 1e-6, `${x} mm right, ${2 * y} mm down`);
});

test("how far apart two images lie is measured across the plane", () => {
  assert.ok(Math.abs(distance_mm(axial(10), axial(25)) - 15) < 1e-9);
});
