import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAt, framesPerSecond, loopOf } from "../../frontend/static/js/image/cine.js";

const phases = (...numbers) => numbers.map((phase) => ({ phase }));
const at = (...times) => times.map((trigger_time_ms) => ({ trigger_time_ms }));

test("the phases of the position that is shown play, and those of no other", () => {
  const images = phases(1, 2, 3, 1, 2, 3, 1, 2, 3);
  assert.deepEqual(loopOf(images, 4), [3, 4, 5]);
  assert.deepEqual(loopOf(images, 0), [0, 1, 2]);
  assert.deepEqual(loopOf(images, 8), [6, 7, 8]);
});

test("a position that lacks phases plays those that it has", () => {
  assert.deepEqual(loopOf(phases(1, 2, 3, 2, 3, 1), 4), [3, 4]);
});

test("an image of one phase stands alone", () => {
  assert.deepEqual(loopOf(phases(1, 1, 1), 1), [1]);
});

test("a cine plays as fast as the heart beat, by the times of its phases", () => {
  assert.equal(framesPerSecond(at(0, 40, 80, 120)), 25);
  assert.equal(framesPerSecond(at(10, 30, 50, 70.5)), 50);
});

test("where the times are missing or do not grow, it plays 25 a second", () => {
  for (const times of [[null, null], [0, null, 80], [0, 0, 0], [80, 40, 0], [0]])
    assert.equal(framesPerSecond(at(...times)), 25);
});

test("no times make it race or stand", () => {
  assert.equal(framesPerSecond(at(0, 1, 2)), 60);
  assert.equal(framesPerSecond(at(0, 60_000)), 1);
});

test("phases follow each other by the clock and begin again", () => {
  assert.deepEqual(
    [0, 39, 40, 80, 119, 120, 200].map((ms) => frameAt(ms, 25, 3)),
    [0, 0, 1, 2, 2, 0, 2],
  );
});

test("a frame of the screen that began before the phases did shows the first", () => {
  assert.equal(frameAt(-7, 25, 3), 0);
});
