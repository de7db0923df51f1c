/** Insertion points: asked for in order, carried along to every slice, and each act one edit of all of them. */

import assert from "node:assert/strict";
import test from "node:test";
import { LandmarksHeld } from "../../frontend/static/js/reading/landmarks.js";

const slice = (uid, position_mm) => ({
  sop_instance_uid: uid,
  frame_number: 1,
  position_mm,
  orientation: [1, 0, 0, 0, 1, 0],
  pixel_spacing_mm: [2, 2],
});
const list = [slice("a", [0, 0, 0]), slice("b", [4, -2, 10])];
const none = { anterior_insertion: null, inferior_insertion: null };
const noLevels = { first_mid: null, first_apical: null };

function held(landmarks = none) {
  const sent = [];
  const slices = {
    list,
    indexOf: (named) => list.findIndex((each) => each.sop_instance_uid === named.sop_instance_uid),
  };
  const draft = { isOpen: true, reading: { landmarks, levels: noLevels } };
  const outbox = { add: (edit) => sent.push(edit), latest: () => sent.at(-1) };
  return {
    landmarks: new LandmarksHeld(/** @type {any} */ (slices), /** @type {any} */ (draft), /** @type {any} */ (outbox)),
    sent,
  };
}

test("the anterior one is asked for first, then the inferior one, and each edit says all that is marked", () => {
  const { landmarks, sent } = held();
  assert.equal(landmarks.missing?.name, "anterior_insertion");
  landmarks.mark("anterior_insertion", list[0], { x: 3, y: 4 });
  assert.equal(landmarks.missing?.name, "inferior_insertion");
  landmarks.mark("inferior_insertion", list[1], { x: 5, y: 6 });
  assert.equal(landmarks.missing, null);
  assert.deepEqual(sent.at(-1), {
    kind: "landmark",
    landmarks: {
      anterior_insertion: { sop_instance_uid: "a", frame_number: 1, x: 3, y: 4 },
      inferior_insertion: { sop_instance_uid: "b", frame_number: 1, x: 5, y: 6 },
    },
    levels: noLevels,
  });
});

test("a point lies on every slice where it lies in the patient, and says on which it was marked", () => {
  const { landmarks } = held();
  landmarks.mark("anterior_insertion", list[0], { x: 10, y: 10 });
  const [[here], [there]] = list.map((each) => landmarks.marks(/** @type {any} */ (each)));
  assert.deepEqual([here.x, here.y, here.isHere], [10, 10, true]);
  assert.deepEqual([there.x, there.y, there.isHere], [8, 11, false]);
});

test("a border of the levels moves without the points, and goes back to thirds", () => {
  const { landmarks, sent } = held();
  landmarks.mark("anterior_insertion", list[0], { x: 1, y: 1 });
  const marked = landmarks.current.landmarks;
  landmarks.moveBorder("first_mid", list[1]);
  assert.deepEqual(sent.at(-1).levels, { first_mid: { sop_instance_uid: "b", frame_number: 1 }, first_apical: null });
  landmarks.moveBorder("first_mid", null);
  assert.deepEqual([sent.at(-1).levels, sent.at(-1).landmarks], [noLevels, marked]);
});

test("one that is dragged is shown where it is, and nothing is sent before it is let go", () => {
  const { landmarks, sent } = held();
  landmarks.show("anterior_insertion", list[1], { x: 2, y: 2 });
  assert.equal(landmarks.marks(/** @type {any} */ (list[1]))[0].isHere, true);
  landmarks.show(null);
  assert.deepEqual([landmarks.marks(/** @type {any} */ (list[1])), sent], [[], []]);
});
