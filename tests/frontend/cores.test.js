import assert from "node:assert/strict";
import { test } from "node:test";
import { withCoresFilled } from "../../frontend/static/js/reading/cores.js";
import { pixelsOf, rleOf } from "../../frontend/static/js/reading/mask.js";

const side = 60;
const grid = { rows: side, columns: side, pixel_spacing_mm: [1, 1] };
const at = (x, y) => x * side + y;

/** A ring of scar round (30, 30), open to the right by a gap of so many pixels. */
function ring(inner, outer, gap) {
  const pixels = Uint8Array.from({ length: side * side }, (_, index) => {
    const [x, y] = [Math.floor(index / side) - 30, (index % side) - 30];
    const away = Math.hypot(x, y);
    return Number(away >= inner && away <= outer && !(x > 0 && Math.abs(y) < gap / 2));
  });
  return rleOf(pixels, [side, side]);
}
const filledOf = (mask) => pixelsOf(withCoresFilled(mask, grid));

test("a core that a narrow gap opens is filled, and only it and its gap", () => {
  for (const [inner, gap] of [
    [3, 2],
    [6, 3],
    [8, 4],
  ]) {
    const mask = ring(inner, inner + 4, gap);
    const [was, is] = [pixelsOf(mask), filledOf(mask)];
    assert.equal(is[at(30, 30)], 1, `core of ${inner} by ${gap}`);
    assert.ok(was.every((value, index) => value <= is[index]));
    is.forEach((value, index) => {
      const away = Math.hypot(Math.floor(index / side) - 30, (index % side) - 30);
      if (value) assert.ok(away <= inner + 5, "nothing beyond the ring");
    });
  }
});

test("what a wide gap opens stays open", () => {
  const mask = ring(6, 10, 9);
  assert.deepEqual(filledOf(mask), pixelsOf(mask));
});

test("scar that goes nearly all round the blood pool leaves it", () => {
  const mask = ring(18, 26, 3);
  assert.equal(filledOf(mask)[at(30, 30)], 0);
});

test("a closed hole is filled, whatever its size", () => {
  assert.equal(filledOf(ring(18, 26, 0))[at(30, 30)], 1);
});

test("a bay without a core behind it stays as it is", () => {
  const pixels = Uint8Array.from({ length: side * side }, (_, index) => {
    const [x, y] = [Math.floor(index / side), index % side];
    return Number(x >= 10 && x < 40 && y >= 10 && y < 40 && !(x >= 23 && x < 26 && y < 25));
  });
  const mask = rleOf(pixels, [side, side]);
  assert.deepEqual(filledOf(mask), pixelsOf(mask));
});
