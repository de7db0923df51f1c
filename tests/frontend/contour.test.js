import assert from "node:assert/strict";
import { test } from "node:test";
import { curveOf, evened, maskWithin, nearestPoint, pulled } from "../../frontend/static/js/reading/contour.js";
import { edited, toSend } from "../../frontend/static/js/reading/edits.js";
import { isAny, pixelsOf } from "../../frontend/static/js/reading/mask.js";

const grid = { rows: 40, columns: 50, pixel_spacing_mm: [1.5, 1.2] };
const square = (x0, y0, x1, y1) => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];
const round = Array.from({ length: 60 }, (_, at) => {
  const angle = (at * 2 * Math.PI) / 60;
  return [25 + 12 * Math.cos(angle), 20 + 12 * Math.sin(angle)];
});
const area = (mask) => pixelsOf(mask).reduce((sum, value) => sum + value, 0);
const slice = (segments) => ({ sop_instance_uid: "1", frame_number: 1, revision: 0, state: "proposed", segments });
const segment = (mask) => ({ mask, boxes: [], points: [], score: null, area_mm2: null, mass: null });

test("a curve holds the pixels whose centres it encloses, as the server counts them", () => {
  const mask = maskWithin(square(10.4, 20.6, 30.6, 30.4), grid);
  const set = [...pixelsOf(mask)].flatMap((value, at) => (value ? [[Math.floor(at / 40), at % 40]] : []));
  assert.deepEqual([Math.min(...set.map(([x]) => x)), Math.max(...set.map(([x]) => x))], [10, 30]);
  assert.deepEqual([Math.min(...set.map(([, y]) => y)), Math.max(...set.map(([, y]) => y))], [21, 29]);
});

test("a mask's curve encloses that mask again, pixel by pixel", () => {
  const mask = maskWithin(round, grid);
  assert.deepEqual(maskWithin(curveOf(mask), grid), mask);
  assert.equal(curveOf({ size: [40, 50], counts: [2000] }), null);
});

test("a pull moves the part that is held, and what lies across stays", () => {
  const curve = curveOf(maskWithin(round, grid));
  const { at, away_mm } = nearestPoint(curve, { x: 37, y: 20 }, grid);
  assert.ok(away_mm < 1);
  const after = pulled(curve, at, { x: 4, y: 0 }, grid);
  assert.ok(Math.abs(after[at][0] - curve[at][0] - 4) < 1e-9);
  const across = (at + Math.floor(curve.length / 2)) % curve.length;
  assert.ok(Math.abs(after[across][0] - curve[across][0]) < 0.05);
});

test("a pull never leaves the image", () => {
  const after = pulled(round, 0, { x: 900, y: -900 }, grid);
  assert.ok(after.every(([x, y]) => x >= 0 && x <= 50 && y >= 0 && y <= 40));
});

test("evening a curve out blunts a spike and keeps the area", () => {
  const spiked = round.map(([x, y], at) => (at === 10 ? [x + 5, y + 5] : [x, y]));
  const after = evened(spiked);
  const farthest = Math.max(...after.map(([x, y]) => Math.hypot(x - 25, y - 20)));
  assert.ok(farthest < 17.2, `${farthest}`);
  assert.ok(Math.abs(area(maskWithin(after, grid)) - area(maskWithin(round, grid))) < 25);
});

test("blood stays within the ventricle, whichever of the two is drawn", () => {
  const ventricle = maskWithin(round, grid);
  const drawn = { kind: "contour", structure: "blood_pool", contour: square(0, 0, 50, 40) };
  const blood = edited(slice({ left_ventricle: segment(ventricle) }), drawn, grid).segments.blood_pool;
  assert.deepEqual(blood.mask, ventricle);
  const smaller = { kind: "contour", structure: "left_ventricle", contour: square(25, 0, 50, 40) };
  const after = edited(slice({ left_ventricle: segment(ventricle), blood_pool: blood }), smaller, grid);
  assert.ok(isAny(after.segments.blood_pool.mask));
  assert.ok(area(after.segments.blood_pool.mask) < area(ventricle));
  assert.equal(after.state, "proposed");
});

test("a contour is sent as its curve", () => {
  const drawn = { kind: "contour", structure: "left_ventricle", contour: square(1, 1, 9, 9) };
  assert.deepEqual(toSend(drawn, slice({})), drawn);
});
