import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelsOf } from "../../frontend/static/js/reading/mask.js";
import { Stroke } from "../../frontend/static/js/tools/stroke.js";

const grid = { rows: 20, columns: 30, pixel_spacing_mm: [1, 1] };
const brush = { diameter_mm: 6, erases: false };
const areaOf = (mask) => pixelsOf(mask).reduce((sum, pixel) => sum + pixel, 0);

test("a press marks a disc of the brush's size in mm, however the pixels are spaced", () => {
  for (const [row, column] of [
    [1, 1],
    [2, 1],
    [0.7, 1.3],
  ]) {
    const spaced = { ...grid, pixel_spacing_mm: [row, column] };
    const { mask } = new Stroke(null, spaced, { x: 10, y: 10 }, { ...brush, diameter_mm: 12 });
    const share = (areaOf(mask) * row * column) / (Math.PI * 6 ** 2);
    assert.ok(share > 0.9 && share < 1.1, `${share} of the disc at ${row} x ${column} mm`);
  }
});

test("a fast stroke leaves no gap", () => {
  const stroke = new Stroke(null, grid, { x: 5, y: 10 }, brush);
  stroke.to({ x: 25, y: 10 });
  const middle = pixelsOf(stroke.mask).filter((_, at) => at % grid.rows === 10);
  assert.equal(middle.slice(5, 25).join(""), "1".repeat(20));
});

test("the eraser takes away what it passes, and only that", () => {
  const before = new Stroke(null, grid, { x: 10, y: 10 }, brush).mask;
  const erased = new Stroke(before, grid, { x: 13, y: 10 }, { ...brush, erases: true }).mask;
  const [was, is] = [pixelsOf(before), pixelsOf(erased)];
  assert.ok(areaOf(erased) > 0 && areaOf(erased) < areaOf(before));
  assert.ok(is.every((pixel, at) => pixel <= was[at]));
});

test("a brush thinner than a pixel still marks the one that it is on", () => {
  const thin = new Stroke(
    null,
    { ...grid, pixel_spacing_mm: [2, 2] },
    { x: 3.1, y: 4.9 },
    { diameter_mm: 1, erases: false },
  );
  assert.equal(areaOf(thin.mask), 1);
  assert.equal(pixelsOf(thin.mask)[3 * grid.rows + 4], 1);
});

test("a stroke beyond the edge stays on the image", () => {
  const stroke = new Stroke(null, grid, { x: -2, y: 0 }, brush);
  stroke.to({ x: 40, y: 25 });
  assert.ok(areaOf(stroke.mask) > 0);
});
