/** What is written in the corners and at the sides of the image. */

import { find } from "../common/dom.js";
import { counted, endName, grams, millimetres, number, quantityShown, stateNames } from "../common/format.js";
import { segmentOf, warningsOf } from "../reading/segments.js";

/** @param {string} name @param {string} text */
function put(name, text) {
  const corner = find(`[data-corner="${name}"]`);
  corner.textContent = text;
  return corner;
}

/**
 * @param {import("../image/slices.js").Slices} slices @param {import("../reading/draft.js").Draft} draft
 * @param {import("../reading/outbox.js").Outbox} outbox @param {import("../tools/drawing.js").Drawing} drawing
 * @param {"first"|"last"|null} apex which end of the stack is the apex
 */
export function showAnnotations({ index, length, current: slice, view }, draft, outbox, { prompt, selected }, apex) {
  const end = endName(index, length, apex);
  put("slice", `Slice ${index + 1} / ${length}${end && ` · ${end}`}`);
  put(
    "geometry",
    `thickness ${millimetres(slice.slice_thickness_mm)} · spacing ${millimetres(slice.slice_spacing_mm)}`,
  );
  showSides(document, slice.orientation, view.turn);
  put("waiting", outbox.isWaitingForModel(slice) ? "the model answers when the connection is back" : "");
  const read = draft.slice(slice);
  const { mask, area_mm2, mass, method_label: method } = segmentOf(read);
  put("state", draft.isOpen ? stateNames[read.state] : "").dataset.state = draft.isOpen ? read.state : "";
  const { quantity, by } = draft.isOpen ? quantityShown(mass, draft.reading.mass_extent) : { quantity: null, by: "" };
  put("prompt", promptText(prompt, selected) || (method ?? ""));
  put("warnings", draft.isOpen ? warningsOf(read).join("\n") : "");
  put("grams", mask ? `${number(area_mm2)} mm²${quantity ? ` · ${grams(quantity)} g by ${by}` : ""}` : "");
  if (view.shown >= 0) showView(view);
}

/** Window and zoom, as they are while they are dragged. @param {import("../image/viewport.js").Viewport} view */
export function showView(view) {
  const { center, width } = view.window ?? { center: 0, width: 0 };
  put("window", `W ${number(width)}  L ${number(center)}${view.inverted ? "  inverted" : ""}`);
  put("zoom", `${number(view.zoom * 100)} %`);
}

/** @param {import("../common/types.js").Prompt} prompt @param {import("../common/types.js").Selection} selection */
function promptText({ boxes, points }, selection) {
  if (selection?.kind === "box") return `Box ${selection.index + 1} of ${boxes.length} selected`;
  if (selection?.kind === "point") return `Point ${selection.index + 1} of ${points.length} selected`;
  const parts = [
    boxes.length && counted(boxes.length, "box", "boxes"),
    points.length && counted(points.length, "point"),
  ];
  return parts.filter(Boolean).join(", ");
}

/** Which way the patient lies, from the directions of rows and columns (DICOM axes: left, posterior, head). */
export function showSides(within, orientation, { quarters, mirrored }) {
  const row = orientation?.slice(0, 3) ?? [0, 0, 0];
  const column = orientation?.slice(3) ?? [0, 0, 0];
  const reversed = (direction) => direction.map((value) => -value);
  const [left, right] = mirrored ? [row, reversed(row)] : [reversed(row), row];
  // Clockwise from above; a turn by a quarter brings each to the next place.
  const around = [reversed(column), right, column, left];
  for (const [at, side] of ["above", "right", "below", "left"].entries())
    find(`[data-side="${side}"]`, within).textContent = sideName(around[(at - quarters + 4) % 4]);
}

/** Up to two letters, the nearer axis first; an axis counts from about 20 degrees of tilt. */
function sideName(direction) {
  return direction
    .map((value, axis) => ({ size: Math.abs(value), letter: value > 0 ? "LPH"[axis] : "RAF"[axis] }))
    .filter(({ size }) => size > 0.34)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join("");
}
