import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelsOf, rleOf } from "../../frontend/static/js/reading/mask.js";
import { discAt, edgeNear, pixelsAround } from "../../frontend/static/js/reading/mask_edge.js";

const grid = { rows: 50, columns: 50, pixel_spacing_mm: [1, 1] };
/** Set from column 20 to 29. */
const band = rleOf(
  Uint8Array.from({ length: 2500 }, (_, at) => Number(at >= 1000 && at < 1500)),
  [50, 50],
);

test("the nearest edge is found from both sides of it, and faces out of the mask", () => {
  for (const x of [27.5, 29.2, 30.5, 33]) {
    const edge = edgeNear(band, { x, y: 25 }, grid, 5);
    assert.ok(Math.abs(edge.at.x - 30) <= 0.5, `${x}: ${edge.at.x}`);
    assert.ok(edge.right > 0.95 && Math.abs(edge.down) < 0.3);
  }
  assert.ok(edgeNear(band, { x: 21, y: 25 }, grid, 5).right < -0.95);
});

test("there is no edge beyond reach, and none of no mask", () => {
  assert.equal(edgeNear(band, { x: 40, y: 25 }, grid, 5), null);
  assert.equal(edgeNear(null, { x: 30, y: 25 }, grid, 5), null);
});

test("the disc lies wholly on its side of the edge, as thick as the mask lets it be", () => {
  const edge = edgeNear(band, { x: 29.5, y: 25 }, grid, 5);
  for (const [isWithin, wanted] of [
    [true, 1],
    [false, 0],
  ])
    for (const largest of [2, 4, 20]) {
      const { at, radius_mm } = discAt(band, edge, grid, largest, isWithin);
      assert.ok(radius_mm <= largest && radius_mm > 1);
      for (const pixel of pixelsAround(at, grid, radius_mm)) assert.equal(pixelsOf(band)[pixel.at], wanted);
    }
  assert.ok(discAt(band, edge, grid, 20, true).radius_mm <= 5.5);
});
