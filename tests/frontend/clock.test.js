import assert from "node:assert/strict";
import { test } from "node:test";
import { idle_after_ms, WorkTimer } from "../../frontend/static/js/reading/clock.js";

/** @param {WorkTimer} timer ticks once a second, so many times, from a moment on */
function tick(timer, from, seconds, isLookedAt = true) {
  for (let second = 0; second <= seconds; second++) timer.tick(from + 1000 * second, isLookedAt);
}

test("work is the time in which the page is looked at and something was done a little while ago", () => {
  const timer = new WorkTimer();
  timer.tick(1e6, true);
  assert.equal(timer.seconds, 0);
  timer.act(1e6);
  tick(timer, 1e6, 10);
  assert.equal(timer.seconds, 10);
  tick(timer, 1e6 + 10_000, 5, false);
  assert.equal(timer.seconds, 10);
});

test("a reader who does nothing any more is not at work", () => {
  const timer = new WorkTimer();
  timer.tick(0, true);
  timer.act(0);
  tick(timer, 0, 600);
  assert.ok(timer.seconds < idle_after_ms / 1000);
  assert.ok(timer.seconds > idle_after_ms / 1000 - 2);
});

test("a computer that slept did not work", () => {
  const timer = new WorkTimer();
  timer.tick(0, true);
  timer.act(3_600_000);
  timer.tick(3_600_000, true);
  assert.ok(timer.seconds <= 2);
});

test("work is taken in pieces and none of it is lost", () => {
  const timer = new WorkTimer();
  timer.seconds = 130;
  const pieces = [timer.take(), timer.take(), timer.take(), timer.take()];
  assert.deepEqual(pieces, [60, 60, 10, 0]);
});
