import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boxesAround,
  emptyMask,
  isAny,
  pixelsOf,
  rleOf,
  withHolesFilled,
  withoutIslands,
} from "../../frontend/static/js/reading/mask.js";

/** Rows of text as a mask: # is set. */
function drawn(...rows) {
  const pixels = [...rows[0]].flatMap((_, column) => rows.map((row) => Number(row[column] === "#")));
  return rleOf(Uint8Array.from(pixels), [rows.length, rows[0].length]);
}

test("run lengths go column by column and begin with unset pixels", () => {
  assert.deepEqual(drawn("#.", "#.", ".#"), { size: [3, 2], counts: [0, 2, 3, 1] });
});

test("every mask of two by three pixels survives run lengths", () => {
  for (let bits = 0; bits < 64; bits++) {
    const pixels = Uint8Array.from({ length: 6 }, (_, at) => (bits >> at) & 1);
    assert.deepEqual(pixelsOf(rleOf(pixels, [2, 3])), pixels);
  }
});

test("an empty mask has no pixel", () => {
  assert.equal(isAny(emptyMask({ rows: 2, columns: 2 })), false);
  assert.equal(isAny(drawn("#.")), true);
});

test("a hole is filled, a bay that opens to the edge is not", () => {
  assert.deepEqual(withHolesFilled(drawn("###", "#.#", "###")), drawn("###", "###", "###"));
  assert.deepEqual(withHolesFilled(drawn("###", "#.#", "#.#")), drawn("###", "#.#", "#.#"));
});

test("parts that touch at a corner are one part", () => {
  const mask = drawn("#...", ".#..", "...#");
  assert.deepEqual(withoutIslands(mask, 2), drawn("#...", ".#..", "...."));
});

test("boxes go round each part, the largest first, and stop at the image's edge", () => {
  assert.deepEqual(boxesAround(drawn("#...", "....", "..##"), 0), [
    { x0: 2, y0: 2, x1: 4, y1: 3 },
    { x0: 0, y0: 0, x1: 1, y1: 1 },
  ]);
  assert.deepEqual(boxesAround(drawn("#.."), 2), [{ x0: 0, y0: 0, x1: 3, y1: 1 }]);
});
