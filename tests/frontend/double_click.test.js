import assert from "node:assert/strict";
import { test } from "node:test";
import { DoubleClick } from "../../frontend/static/js/tools/double_click.js";

const press = (x) => ({ at: { x, y: 0 }, manner: {} });

test("the second of two clicks in one place is held back, a third is a first one again", () => {
  const clicks = new DoubleClick();
  assert.equal(clicks.press(press(10), 0, false), false);
  assert.equal(clicks.press(press(12), 200, false), true);
  assert.deepEqual(clicks.release(), press(12));
  assert.equal(clicks.press(press(12), 300, false), false);
});

test("clicks apart in place or time are two clicks", () => {
  const clicks = new DoubleClick();
  clicks.press(press(10), 0, false);
  assert.equal(clicks.press(press(30), 100, false), false);
  assert.equal(clicks.press(press(30), 900, false), false);
});

test("a drag is no first click, and a second press that moves is a drag's", () => {
  const clicks = new DoubleClick();
  clicks.press(press(10), 0, false);
  clicks.move({ x: 20, y: 0 });
  assert.equal(clicks.press(press(10), 100, false), false);
  assert.equal(clicks.press(press(10), 200, false), true);
  assert.equal(clicks.move({ x: 11, y: 0 }), null);
  assert.deepEqual(clicks.move({ x: 20, y: 0 }), press(10));
  assert.equal(clicks.release(), null);
});

test("fingers are less exact", () => {
  for (const isFinger of [true, false]) {
    const clicks = new DoubleClick();
    clicks.press(press(10), 0, isFinger);
    assert.equal(clicks.press(press(25), 200, isFinger), isFinger);
  }
});
