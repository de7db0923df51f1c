import assert from "node:assert/strict";
import { test } from "node:test";
import { boxBetween, deleteHandleOf, handleAt, isDrawn, moved, resized } from "../../frontend/static/js/reading/box.js";

const extent = { columns: 100, rows: 80 };
const box = { x0: 10, y0: 20, x1: 30, y1: 40 };
const doubled = (x, y) => ({ x: 2 * x, y: 2 * y });

test("a box drawn in any direction lies within the image", () => {
  assert.deepEqual(boxBetween({ x: 30, y: 90 }, { x: -5, y: 20 }, extent), { x0: 0, y0: 20, x1: 30, y1: 80 });
});

test("less than a pixel is no box", () => {
  assert.equal(isDrawn({ x0: 1, y0: 1, x1: 1.9, y1: 5 }), false);
  assert.equal(isDrawn({ x0: 1, y0: 1, x1: 2, y1: 2 }), true);
});

test("a corner takes two sides along, an edge one, also past the opposite side", () => {
  assert.deepEqual(resized(box, "x1y1", { x: 50, y: 60 }, extent), { x0: 10, y0: 20, x1: 50, y1: 60 });
  assert.deepEqual(resized(box, "y0", { x: 50, y: 10 }, extent), { x0: 10, y0: 10, x1: 30, y1: 40 });
  assert.deepEqual(resized(box, "x1", { x: 5, y: 0 }, extent), { x0: 5, y0: 20, x1: 10, y1: 40 });
});

test("a moved box keeps its size and stops at the edge", () => {
  assert.deepEqual(moved(box, 500, -500, extent), { x0: 80, y0: 0, x1: 100, y1: 20 });
});

test("corners are found before edges, and nothing beyond reach", () => {
  assert.equal(handleAt(box, { x: 22, y: 41 }, doubled, 8), "x0y0");
  assert.equal(handleAt(box, { x: 62, y: 78 }, doubled, 8), "x1y1");
  assert.equal(handleAt(box, { x: 40, y: 41 }, doubled, 8), "y0");
  assert.equal(handleAt(box, { x: 21, y: 60 }, doubled, 8), "x0");
  assert.equal(handleAt(box, { x: 40, y: 60 }, doubled, 8), null);
});

test("the delete handle never leaves the canvas", () => {
  assert.deepEqual(deleteHandleOf(box, doubled, { width: 200, height: 160 }, 14), { x: 74, y: 26 });
  assert.deepEqual(deleteHandleOf(box, doubled, { width: 65, height: 160 }, 14), { x: 51, y: 26 });
});
