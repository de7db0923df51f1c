/** What stands in the corners of the image, and which slice's data it shows. */

import { counted, grams, millimetres, number, quantityShown, stateWords } from "../common/format.js";

const put = (name, text) => {
  document.querySelector(`[data-corner="${name}"]`).textContent = text;
};

/** @param {import("../pages/reading.js").ReadingPage} page */
export function showAnnotations({ stack, index, view, draft, outbox, selection, prompt }) {
  const slice = stack.slices[index];
  put("slice", `Slice ${index + 1} / ${stack.slices.length}`);
  put(
    "geometry",
    `thickness ${millimetres(slice.slice_thickness_mm)} · spacing ${millimetres(slice.slice_spacing_mm)}`,
  );
  showSides(slice.orientation);
  const read = draft?.slice(slice);
  const state = document.querySelector('[data-corner="state"]');
  state.textContent = read ? stateWords[read.state] : "";
  state.dataset.state = read?.state ?? "";
  const { quantity, by } = quantityShown(read?.mass, draft?.reading.mass_extent);
  const mass = quantity ? ` · ${grams(quantity)} g by ${by}` : "";
  put("grams", read?.mask ? `${number(read.area_mm2)} mm²${mass}` : "");
  const waits = outbox?.isWaitingForModel(slice) ?? false;
  put("prompt", promptWords(prompt, selection));
  put("waiting", waits ? "the model answers when the connection is back" : "");
  if (view.shown >= 0) showView(view);
}

/** Window and zoom, as they are while they are dragged. @param {import("../image/viewport.js").Viewport} view */
export function showView(view) {
  const { center, width } = view.window ?? { center: 0, width: 0 };
  put("window", `W ${number(width)}  L ${number(center)}${view.inverted ? "  inverted" : ""}`);
  put("zoom", `${number(view.zoom * 100)} %`);
}

function promptWords({ boxes, points }, selection) {
  if (selection?.kind === "box") return `Box ${selection.index + 1} of ${boxes.length} selected`;
  if (selection?.kind === "point") return `Point ${selection.index + 1} of ${points.length} selected`;
  const words = [
    boxes.length && counted(boxes.length, "box").replace("boxs", "boxes"),
    points.length && counted(points.length, "point"),
  ];
  return words.filter(Boolean).join(", ");
}

/** Which way the patient lies, from the directions of rows and columns (DICOM axes: left, posterior, head). */
function showSides(orientation) {
  const row = orientation?.slice(0, 3) ?? [0, 0, 0];
  const column = orientation?.slice(3) ?? [0, 0, 0];
  const reversed = (direction) => direction.map((value) => -value);
  const sides = { right: row, left: reversed(row), below: column, above: reversed(column) };
  for (const [side, direction] of Object.entries(sides))
    document.querySelector(`[data-side="${side}"]`).textContent = sideWords(direction);
}

/** Up to two letters, the nearer axis first; an axis counts from about 20 degrees of tilt. */
function sideWords(direction) {
  return direction
    .map((value, axis) => ({ size: Math.abs(value), letter: value > 0 ? "LPH"[axis] : "RAF"[axis] }))
    .filter(({ size }) => size > 0.34)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join("");
}
