import assert from "node:assert/strict";
import { test } from "node:test";
import { hasWall } from "../../frontend/static/js/reading/segments.js";

const drawn = { mask: { size: [2, 2], counts: [1, 3] } };
const slice = (parts, state = "proposed") => /** @type {any} */ ({ state, segments: parts });

test("a wall is where both contours are, on one slice that counts", () => {
  const both = { left_ventricle: drawn, blood_pool: drawn };
  assert.equal(hasWall([slice({}), slice(both)]), true);
  assert.equal(hasWall([slice({ left_ventricle: drawn }), slice({ blood_pool: drawn })]), false);
  assert.equal(hasWall([slice(both, "excluded")]), false);
  const empty = { mask: { size: [2, 2], counts: [4] } };
  assert.equal(hasWall([slice({ left_ventricle: empty, blood_pool: drawn })]), false);
});
