/** A click is a click, whatever lies under it: random boxes, points and presses on a view at random zooms. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { handlesOf } from "../../frontend/static/js/reading/box.js";
import { PromptTool } from "../../frontend/static/js/tools/prompt_tool.js";
import { targetAt } from "../../frontend/static/js/tools/targets.js";
import { installBrowser, installMessages } from "./fakes.js";
import { each, grid, oneOf, placeOn, randomBox, randomPrompt } from "./random.js";

/** The image at a zoom, its corner in the window's. */
function viewAt(zoom) {
  const scaled = ({ x, y }) => ({ x: x * zoom, y: y * zoom });
  const [width, height] = [grid.columns * zoom, grid.rows * zoom];
  return {
    slice: grid,
    element: { getBoundingClientRect: () => ({ left: 0, top: 0, width, height }) },
    imageToCanvas: () => ({ transformPoint: scaled }),
    imageToClient: (x, y) => scaled({ x, y }),
    clientToImage: (x, y) => ({ x: x / zoom, y: y / zoom }),
  };
}

/** What is drawn on a slice, and what the tool made of it. */
class FakeDrawing {
  canDraw = true;
  made = [];

  constructor(prompt, selection = null, negative = false) {
    Object.assign(this, { prompt, selection, negative });
  }
  get selected() {
    return this.selection;
  }
  select(selection) {
    this.selection = selection;
  }
  showPrompt() {}
  setPrompt(before, after) {
    this.made.push([before, after]);
  }
}

const click = (tool, at, manner = {}) => {
  tool.press(at, manner);
  tool.move({ x: at.x + 1, y: at.y - 1 });
  tool.release(at);
};
const selectionOf = (next, { boxes }) =>
  boxes.length && next() < 0.5 ? { kind: "box", index: Math.floor(next() * boxes.length) } : null;

beforeEach(() => {
  installBrowser();
  installMessages();
  globalThis.getComputedStyle = () => ({ fontSize: "14px" });
});

test("a click places one point where it was, unless a handle or the cross lit up under it", () => {
  each(300, (next) => {
    const view = viewAt(4 + 30 * next());
    const prompt = randomPrompt(next);
    const selection = selectionOf(next, prompt);
    const drawing = new FakeDrawing(prompt, selection, next() < 0.5);
    const place = placeOn(next);
    const at = view.imageToClient(place.x, place.y);
    const { what, selection: lit } = targetAt(view, prompt, selection, at, false, 1);
    click(new PromptTool(view, drawing), at);
    if (what === "handle" && lit.index !== selection?.index) {
      assert.deepEqual([drawing.made, drawing.selection], [[], lit]);
    } else if (what === "delete") {
      assert.equal(drawing.made[0][1].boxes.length, prompt.boxes.length - 1);
    } else {
      const [[before, after]] = drawing.made;
      assert.deepEqual([before, after.boxes, after.points.slice(0, -1)], [prompt, prompt.boxes, prompt.points]);
      const { positive, ...placed } = after.points.at(-1);
      assert.ok(Math.hypot(placed.x - place.x, placed.y - place.y) < 1e-9);
      assert.equal(positive, !drawing.negative);
    }
  });
});

test("a box's line is no handle: a click on it between the handles places a point", () => {
  each(100, (next) => {
    const view = viewAt(20 + 10 * next());
    const box = randomBox(next);
    const [x, y] = oneOf(next, [
      [box.x0 + (box.x1 - box.x0) * 0.25, box.y0],
      [box.x1, box.y0 + (box.y1 - box.y0) * 0.75],
      [box.x0 + (box.x1 - box.x0) * 0.75, box.y1],
    ]);
    const drawing = new FakeDrawing({ boxes: [box], points: [] });
    click(new PromptTool(view, drawing), view.imageToClient(x, y));
    assert.equal(drawing.made[0]?.[1].points.length, 1);
  });
});

test("the middle half of a box holds no handle: a small one can be clicked into", () => {
  each(200, (next) => {
    const view = viewAt(6 + 24 * next());
    const box = randomBox(next);
    const [right, down] = [0.25 + 0.5 * next(), 0.25 + 0.5 * next()];
    const drawing = new FakeDrawing({ boxes: [box], points: [] });
    const at = view.imageToClient(box.x0 + right * (box.x1 - box.x0), box.y0 + down * (box.y1 - box.y0));
    click(new PromptTool(view, drawing), at);
    assert.equal(drawing.made[0]?.[1].points.length, 1);
  });
});

test("a drag from a handle moves those sides of that box alone, and one from the bare image draws a new box", () => {
  each(100, (next) => {
    const view = viewAt(30);
    const box = randomBox(next);
    const prompt = { boxes: [box], points: [] };
    const handle = oneOf(
      next,
      handlesOf(box, (x, y) => view.imageToClient(x, y)),
    );
    const middle = view.imageToClient((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
    const to = { x: 1.5 * handle.x - 0.5 * middle.x + 5, y: 1.5 * handle.y - 0.5 * middle.y + 5 };
    for (const drawNew of [false, true]) {
      const drawing = new FakeDrawing(prompt);
      const tool = new PromptTool(view, drawing);
      tool.press(handle, { drawNew });
      tool.move(to);
      tool.release(to);
      // Less than a pixel is no box.
      const after = drawing.made[0]?.[1].boxes ?? [box];
      if (drawNew) assert.deepEqual(after[0], box);
      if (!drawNew) assert.equal(after.length, 1);
      if (!drawNew && !handle.handle.includes("x")) assert.deepEqual([after[0].x0, after[0].x1], [box.x0, box.x1]);
      if (!drawNew && !handle.handle.includes("y")) assert.deepEqual([after[0].y0, after[0].y1], [box.y0, box.y1]);
    }
  });
});
