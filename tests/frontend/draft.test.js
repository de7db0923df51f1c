import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Draft } from "../../frontend/static/js/reading/draft.js";
import { segmentOf } from "../../frontend/static/js/reading/segments.js";
import { answered, image, readingId } from "./fakes.js";

const reading = (parts = {}) => ({
  id: readingId,
  revision: 4,
  state: "draft",
  growth: null,
  images: null,
  slices: [answered("a"), answered("b")],
  ...parts,
});
const order = (draft) => draft.reading.slices.map((slice) => slice.sop_instance_uid);

let draft;
let imagesEvents;

beforeEach(() => {
  draft = new Draft();
  draft.open(reading({ images: [image("a"), image("b")] }));
  imagesEvents = 0;
  draft.addEventListener("images", () => {
    imagesEvents += 1;
  });
});

test("a late answer never replaces what is newer", () => {
  draft.take(reading({ revision: 6, slices: [answered("a", { revision: 6, state: "edited" })] }));
  draft.take(
    reading({
      revision: 5,
      slices: [answered("a", { revision: 5, state: "no_scar" }), answered("b", { revision: 5, state: "accepted" })],
    }),
  );
  assert.deepEqual(
    [draft.slice(image("a")).state, draft.slice(image("b")).state, draft.revision],
    ["edited", "accepted", 6],
  );
});

test("what is not sent yet lies over what comes from the server", () => {
  draft.showUnsent([{ kind: "no_scar", sop_instance_uid: "a", frame_number: 1 }]);
  draft.take(reading({ revision: 5, slices: [answered("a", { revision: 5, state: "accepted" })] }));
  assert.deepEqual([draft.slice(image("a")).state, draft.stored(image("a")).state], ["no_scar", "accepted"]);
});

test("new slices come in at their places, and unsent work on the others stays", () => {
  draft.showUnsent([{ kind: "no_scar", sop_instance_uid: "b", frame_number: 1 }]);
  draft.take(
    reading({
      revision: 5,
      state: "preparing",
      images: [image("a"), image("new"), image("b")],
      slices: [answered("a"), answered("new", { state: "pending", segments: {} }), answered("b")],
    }),
  );
  assert.deepEqual(order(draft), ["a", "new", "b"]);
  assert.deepEqual([draft.slice(image("new")).state, draft.slice(image("b")).state], ["pending", "no_scar"]);
  assert.equal(imagesEvents, 1);
});

test("undo takes new slices away again; an older list that comes late does not bring them back", () => {
  const grown = { images: [image("a"), image("b"), image("new")], slices: [answered("new")] };
  draft.take(reading({ revision: 5, ...grown }));
  draft.take(reading({ revision: 6, images: [image("a"), image("b")], slices: [] }));
  draft.take(reading({ revision: 5, ...grown }));
  assert.deepEqual(order(draft), ["a", "b"]);
});

test("a list of images that comes after a later edit's answer still counts", () => {
  draft.take(reading({ revision: 6, slices: [answered("a", { revision: 6 })] }));
  draft.take(reading({ revision: 5, images: [image("a"), image("b"), image("new")], slices: [answered("new")] }));
  assert.deepEqual([order(draft), draft.revision], [["a", "b", "new"], 6]);
});

test("a change without images leaves the list as it is", () => {
  draft.take(reading({ revision: 5, images: null, growth: { images: 2, slices: 1 }, slices: [] }));
  assert.deepEqual([order(draft), draft.reading.growth, imagesEvents], [["a", "b"], { images: 2, slices: 1 }, 0]);
});

test("a slice holds its segments by structure", () => {
  const blood = { mask: { size: [2, 2], counts: [1, 3] }, boxes: [], points: [], score: null, area_mm2: 3, mass: null };
  const scar = { ...blood, area_mm2: 1 };
  const pool = answered("a", { segments: { scar, blood_pool: blood } });
  draft.take(reading({ revision: 5, slices: [pool] }));
  const slice = draft.slice(image("a"));
  assert.deepEqual([segmentOf(slice).area_mm2, segmentOf(slice, "blood_pool").area_mm2], [1, 3]);
  assert.equal(segmentOf(slice, "no_reflow").mask, null);
});
