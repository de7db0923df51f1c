/** What a reader decided or outlined by hand, against random gestures that would have a model answer anew. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Slices } from "../../frontend/static/js/image/slices.js";
import { Actions } from "../../frontend/static/js/reading/actions.js";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { isDecided } from "../../frontend/static/js/reading/segments.js";
import { Ventricles } from "../../frontend/static/js/reading/ventricles.js";
import { Drawing, without } from "../../frontend/static/js/tools/drawing.js";
import { answered, image, installBrowser, installMessages, readingId } from "./fakes.js";
import { each, grid, oneOf, randomBox, randomMask, randomPoint } from "./random.js";

const states = ["proposed", "edited", "accepted", "no_scar", "excluded"];
const origins = ["proposed", "prompt", "paint"];

/** A reading of two slices alike, the first one on the screen; sent is what it would send. */
function opened(state, origin, prompt, mask) {
  installBrowser();
  const said = installMessages();
  const sent = [];
  const images = ["a", "b"].map((uid) => ({ ...image(uid), ...grid }));
  const view = { shown: 0, slice: images[0], isPressed: false, show: async () => {} };
  const slices = new Slices(view, images);
  slices.index = 0;
  const draft = new Draft();
  const scar = { mask, ...prompt, score: 0.5, origin, area_mm2: 0, mass: null };
  const stored = [
    answered("a", { state, segments: { scar } }),
    answered("b", { state, segments: { scar: { ...scar, boxes: [], points: [] } } }),
  ];
  draft.open({ id: readingId, revision: 0, state: "draft", growth: null, images, slices: stored });
  const outbox = { add: (edit) => sent.push(edit) };
  const drawing = new Drawing(slices, draft);
  return { actions: new Actions(slices, draft, outbox, drawing, new Ventricles()), sent, said };
}

const randomCase = (next) => {
  const prompt = { boxes: [randomBox(next), randomBox(next)], points: [randomPoint(next)] };
  return { state: oneOf(next, states), origin: oneOf(next, origins), prompt, mask: randomMask(next) };
};
const replacing = {
  "a box is moved": (next, prompt) => ({ ...prompt, boxes: prompt.boxes.with(0, randomBox(next)) }),
  "a point is moved": (next, prompt) => ({ ...prompt, points: [randomPoint(next)] }),
  "a box is deleted": (_, prompt) => without(prompt, { kind: "box", index: 1 }),
  "a point is deleted": (_, prompt) => without(prompt, { kind: "point", index: 0 }),
};
const adding = {
  "a box is drawn": (next, prompt) => ({ ...prompt, boxes: [...prompt.boxes, randomBox(next)] }),
  "a point is clicked": (next, prompt) => ({ ...prompt, points: [...prompt.points, randomPoint(next)] }),
};

for (const [what, change] of Object.entries(replacing))
  test(`where ${what} on a slice that was decided on, nothing is sent before it is asked for twice`, () => {
    each(40, (next) => {
      const { state, origin, prompt, mask } = randomCase(next);
      const { actions, sent, said } = opened(state, origin, prompt, mask);
      const after = change(next, prompt);
      const isAtOnce = actions.prompt(prompt, after);
      assert.equal(isAtOnce, !isDecided({ state }));
      assert.equal(sent.length, isAtOnce ? 1 : 0);
      if (!isAtOnce) assert.ok(said.at(-1).includes("repeat"));
      else assert.equal(said.length, origin === "paint" ? 1 : 0);
      if (isAtOnce) return;
      assert.equal(actions.prompt(prompt, after), true);
      assert.equal(sent.length, 1);
    });
  });

for (const [what, change] of Object.entries(adding))
  test(`where ${what} it is sent at once, whatever was decided: it only adds, or only takes away`, () => {
    each(30, (next) => {
      const { state, origin, prompt, mask } = randomCase(next);
      const { actions, sent, said } = opened(state, origin, prompt, mask);
      assert.equal(actions.prompt(prompt, change(next, prompt)), true);
      assert.deepEqual([sent.length, said.length], [1, 0]);
    });
  });

test("a slice that was corrected or decided on is proposed anew, or carried over to, on a second word alone", () => {
  each(30, (next) => {
    const { state, origin, prompt, mask } = randomCase(next);
    for (const act of ["proposeSlice", "carryOver"]) {
      const { actions, sent } = opened(state, origin, prompt, mask);
      actions[act]();
      const isAtOnce = state === "proposed";
      assert.equal(sent.length, isAtOnce ? 1 : 0);
      actions[act]();
      if (!isAtOnce) assert.equal(sent.length, 1);
    }
  });
});

test("a gesture between two is no second word", () => {
  each(30, (next) => {
    const { prompt, mask } = randomCase(next);
    const { actions, sent } = opened("accepted", "paint", prompt, mask);
    const after = replacing["a box is moved"](next, prompt);
    actions.prompt(prompt, after);
    actions.exclude();
    actions.prompt(prompt, after);
    assert.deepEqual(
      sent.map(({ kind }) => kind),
      ["exclude"],
    );
  });
});

test("a second word answers a question that can still be read, and no other", () => {
  each(10, (next) => {
    const { prompt, mask } = randomCase(next);
    const { actions, sent, said } = opened("accepted", "paint", prompt, mask);
    const after = replacing["a box is moved"](next, prompt);
    actions.prompt(prompt, after);
    mock.timers.tick(60_000);
    actions.prompt(prompt, after);
    assert.deepEqual([sent.length, said.length], [0, 2]);
    actions.prompt(prompt, after);
    assert.equal(sent.length, 1);
  });
});

test("a question does not vanish from under the pointer, and does soon after the pointer has left it", () => {
  const { prompt, mask } = randomCase(() => 0.3);
  const { actions } = opened("accepted", "paint", prompt, mask);
  actions.proposeSlice();
  const messages = document.querySelector("#messages");
  const [question] = messages.children;
  question.isHovered = true;
  mock.timers.tick(60_000);
  assert.deepEqual(messages.children, [question]);
  question.isHovered = false;
  mock.timers.tick(1000);
  assert.deepEqual(messages.children, []);
});
