import assert from "node:assert/strict";
import { test } from "node:test";
import { replacedText, structuresOf, takenOverText } from "../../frontend/static/js/reading/segmentations.js";

const as = (...meanings) => meanings.map((meaning, at) => ({ number: at + 1, meaning }));
const inStates = (...states) => states.map((state) => ({ state }));

test("a segmentation is called by its label and by whom it is of, as far as they are known", () => {
  assert.equal(takenOverText({ label: "Scar", creator: "Lab" }), "took over segmentation “Scar” of Lab");
  assert.equal(takenOverText({ label: "", creator: "" }), "took over segmentation “without a label”");
});

test("myocardium becomes the ventricle and the blood pool that it lies between", () => {
  assert.deepEqual(structuresOf(as("myocardium", "scar")), ["scar", "left_ventricle", "blood_pool"]);
  assert.deepEqual(structuresOf(as("scar", "scar")), ["scar"]);
  assert.deepEqual(structuresOf([]), []);
});

test("what is replaced is told, with the slices whose decision or drawing goes with it", () => {
  const slices = inStates("accepted", "no_scar", "edited", "proposed", "excluded", "pending");
  assert.equal(
    replacedText(as("scar", "left_ventricle"), slices),
    "The reading’s scar and left ventricle are replaced on every slice, also where it was decided or drawn by hand: 3 slices.",
  );
  assert.equal(replacedText(as("scar"), inStates("proposed")), "The reading’s scar is replaced on every slice.");
});

test("without scar no decision goes", () => {
  const text = replacedText(as("blood_pool"), inStates("accepted", "proposed"));
  assert.equal(text, "The reading’s blood pool is replaced on every slice.");
});

test("where no segment becomes anything, that is said", () => {
  assert.match(replacedText([], inStates("proposed")), /^Nothing is taken over/);
});
