import assert from "node:assert/strict";
import { test } from "node:test";
import { bent, placesOf, usualPoints, withoutPoint } from "../../frontend/static/js/reading/contour_points.js";

const grid = { rows: 60, columns: 60, pixel_spacing_mm: [1.5, 1.2] };
const middle = 30;
const circle = Array.from({ length: 72 }, (_, at) => {
  const angle = (at * 2 * Math.PI) / 72;
  return [middle + 12 * Math.cos(angle), middle + 12 * Math.sin(angle)];
});
const radius = ([x, y]) => Math.hypot(x - middle, y - middle);
const places = [0, 12, 24, 36, 48, 60];
const many = Array.from({ length: 12 }, (_, at) => 6 * at);

test("a contour has some fourteen points, evenly round it and on it", () => {
  const found = placesOf(circle, usualPoints(circle), grid);
  assert.equal(found.length, 14);
  const gaps = found.map((place, at) => (found[at + 1] ?? 72) - place);
  assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, `${gaps}`);
});

test("points keep their order round the curve, and two at one place are one", () => {
  assert.deepEqual(placesOf(circle, [circle[40], circle[5], circle[5], circle[70]], grid), [5, 40, 70]);
});

test("a point goes where it is moved, the curve bends to its neighbours, and the rest stays to the bit", () => {
  const after = bent(circle, places, 1, { x: 3, y: -2 }, grid);
  assert.deepEqual(after[12], [circle[12][0] + 3, circle[12][1] - 2]);
  for (const [at, vertex] of after.entries()) if (at === 0 || at >= 24) assert.deepEqual(vertex, circle[at]);
  const moved = after.map(([x, y], at) => Math.hypot(x - circle[at][0], y - circle[at][1]));
  for (let at = 1; at < 12; at++) assert.ok(moved[at] > moved[at - 1] && moved[24 - at] > moved[25 - at], `${at}`);
});

test("the first point bends the end of the curve and its beginning", () => {
  const after = bent(circle, places, 0, { x: 4, y: 0 }, grid);
  assert.ok(after[71][0] > circle[71][0] && after[1][0] > circle[1][0]);
  assert.deepEqual(after[60], circle[60]);
  assert.deepEqual(after[12], circle[12]);
});

test("a point that is added narrows what moves with its neighbour", () => {
  const wide = bent(circle, places, 1, { x: 3, y: 0 }, grid);
  const narrow = bent(circle, [0, 12, 18, 24, 36, 48, 60], 1, { x: 3, y: 0 }, grid);
  assert.notDeepEqual(wide[20], circle[20]);
  assert.deepEqual(narrow[20], circle[20]);
});

test("a moved point stays within the image", () => {
  const after = bent(circle, places, 0, { x: 900, y: -900 }, grid);
  assert.ok(after.every(([x, y]) => x >= 0 && x <= 60 && y >= 0 && y <= 60));
});

test("without a point that stuck out the curve is round again, and beyond its neighbours it stays", () => {
  const spiked = bent(circle, many, 2, { x: 5, y: 8 }, grid);
  assert.ok(radius(spiked[12]) > 20);
  const after = withoutPoint(spiked, many, 2, grid);
  for (const [at, vertex] of after.entries())
    if (at > 6 && at < 18) assert.ok(Math.abs(radius(vertex) - 12) < 0.4, `${at}: ${radius(vertex)}`);
    else assert.ok(Math.hypot(vertex[0] - circle[at][0], vertex[1] - circle[at][1]) < 1e-9);
});

test("the first and the last point can be taken away as well", () => {
  for (const which of [0, 11]) {
    const after = withoutPoint(circle, many, which, grid);
    assert.equal(after.length, 72);
    assert.ok(after.every((vertex) => Math.abs(radius(vertex) - 12) < 0.4));
  }
});
