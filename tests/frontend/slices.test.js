import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Slices } from "../../frontend/static/js/image/slices.js";
import { image, installBrowser } from "./fakes.js";

const images = (...uids) => uids.map(image);

/** A viewport that shows at once what it is asked for. */
class FakeView {
  shown = -1;
  isPressed = false;

  constructor(slices) {
    this.slices = slices;
  }

  get slice() {
    return this.slices[this.shown];
  }

  async show(index) {
    this.shown = index;
  }

  async replace(slices, index) {
    this.slices = slices;
    this.shown = index;
  }
}

let view;
let slices;
let events;

beforeEach(async () => {
  installBrowser();
  const list = images("a", "b", "c");
  view = new FakeView(list);
  slices = new Slices(view, list);
  await slices.go(1);
  events = [];
  for (const name of ["move", "change"]) slices.addEventListener(name, () => events.push(name));
});

test("the reader begins in the middle and stays within the list", async () => {
  assert.equal(slices.current.sop_instance_uid, "b");
  await slices.go(99);
  assert.deepEqual([slices.index, view.shown, events], [2, 2, ["move"]]);
});

test("a press on the image keeps the slice", async () => {
  view.isPressed = true;
  await slices.go(0);
  assert.equal(slices.index, 1);
});

test("among new slices the reader stays on the same one", async () => {
  await slices.replace(images("new", "a", "b", "c"));
  assert.deepEqual([slices.current.sop_instance_uid, slices.index, slices.isShown], ["b", 2, true]);
  assert.deepEqual(events, ["change"]);
});

test("where that one is gone the reader goes to the nearest that there is", async () => {
  await slices.go(2);
  events.length = 0;
  await slices.replace(images("a", "b"));
  assert.deepEqual([slices.current.sop_instance_uid, events], ["b", ["change", "move"]]);
});
