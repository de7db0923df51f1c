/** The reading page's controls beside its commands: held keys, opacity, settings, and what is enabled. */

import { readerName, setReaderName } from "../common/api.js";
import { buttonsOf, byId, element, isKeyFor } from "../common/dom.js";
import { session } from "../common/session.js";
import { limitNames } from "../reading/limits.js";

const drawn_with = ["prompt", "brush", "eraser", "threshold", "edge", "landmark", "contour", "remote", "hyperenhanced"];
/** What a click marks. @type {Record<import("../tools/drawing.js").Outlined, [string, string]>} */
const marks = { scar: ["Scar", "Not scar"], no_reflow: ["No-reflow", "Not"] };
const smallestKey = "scarmass.smallest_part_mm2";

/** The least area of a part that "Drop small parts" leaves, in mm². */
export const smallestPart_mm2 = () => Number(byId("smallest-part", HTMLInputElement).value);

/**
 * H hides the overlay and Space pans while they are held.
 * @param {import("../image/display.js").Display} display @param {import("../tools/pointer.js").Pointer} pointer
 * @param {HTMLElement} image
 */
export function bindHeldKeys(display, pointer, image) {
  /** @param {boolean} isDown @returns {(event: KeyboardEvent) => void} */
  const held = (isDown) => (event) => {
    const isTyping = isKeyFor(event, "input:not([type=range]), select, textarea");
    if (event.repeat || (isDown && isTyping)) return;
    const isPlain = !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]");
    if (event.key.toLowerCase() === "h" && (isPlain || !isDown)) display.hide(isDown);
    if (event.key === " " && !(isDown && isKeyFor(event, "button, a, summary, dialog"))) pointer.holdSpace(isDown);
  };
  document.addEventListener("keydown", held(true));
  document.addEventListener("keyup", held(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === image) event.preventDefault();
  });
  window.addEventListener("blur", () => {
    pointer.holdSpace(false);
    display.hide(false);
  });
}

/** @param {import("../image/display.js").Display} display @param {import("../reading/limits.js").Limits} limits */
export function bindSettings(display, limits) {
  const limit = byId("limit", HTMLSelectElement);
  limit.append(...Object.entries(limitNames).map(([name, text]) => element("option", { value: name }, text)));
  limit.value = limits.name;
  limit.addEventListener("change", () => limits.choose(limit.value));
  const opacity = byId("opacity", HTMLInputElement);
  opacity.addEventListener("input", () => display.setOpacity(Number(opacity.value) / 100));
  // Pulled by the pointer, a slider gives the arrows back to the slices, as a button does, once it has changed.
  for (const slider of document.querySelectorAll("input[type=range]"))
    slider.addEventListener("pointerup", () => setTimeout(() => /** @type {HTMLElement} */ (slider).blur()));
  const smallest = byId("smallest-part", HTMLInputElement);
  const proposed = smallest.value;
  smallest.value = localStorage.getItem(smallestKey) ?? proposed;
  const keepSmallest = () => {
    if (!smallest.checkValidity()) smallest.value = proposed;
    localStorage.setItem(smallestKey, smallest.value);
  };
  smallest.addEventListener("change", keepSmallest);
  keepSmallest();
  const reader = byId("reader", HTMLInputElement);
  reader.value = readerName();
  reader.addEventListener("change", () => setReaderName(reader.value));
  for (const input of [smallest, reader])
    input.addEventListener("keydown", ({ key }) => key === "Enter" && input.blur());
}

/**
 * Which commands can be given, and which are on.
 * @param {object} parts
 * @param {import("../image/slices.js").Slices} parts.slices
 * @param {import("../reading/draft.js").Draft} parts.draft
 * @param {import("../reading/outbox.js").Outbox} parts.outbox
 * @param {import("../tools/drawing.js").Drawing} parts.drawing
 * @param {import("../reading/actions.js").Actions} parts.actions
 * @param {import("../tools/tools.js").Tools} parts.tools
 * @param {import("../tools/brush.js").BrushSize} parts.brushSize
 * @param {import("../image/display.js").Display} parts.display
 */
export function showControls({ slices, draft, outbox, drawing, actions, tools, brushSize, display }) {
  const { isPreparing, isSigned } = draft;
  const isOpen = draft.isOpen && !isSigned;
  const paints = isOpen && tools.isBrush;
  const isLast = slices.index === slices.length - 1;
  enable({
    previous: slices.index > 0,
    next: !isLast,
    carry_over: isOpen && !isLast,
    thinner: paints,
    thicker: paints,
    propose_slice: isOpen && !isPreparing,
    propose_stack: isOpen && !isPreparing,
    take_over: actions.canTakeOver,
    undo: isOpen && (draft.reading.can_undo || outbox.hasUnsaved),
    redo: isOpen && (draft.reading.can_redo || outbox.canRedo),
    delete: isOpen && drawing.selected !== null,
  });
  const others = [
    "accept",
    "accept_shown",
    "no_scar",
    "clear",
    "exclude",
    "no_reflow",
    "prompt",
    "brush",
    "eraser",
    "threshold",
    "edge",
    "landmark",
    "contour",
    "fill_holes",
    "drop_islands",
    "segmentations",
    "remote",
    "hyperenhanced",
  ];
  enable(Object.fromEntries([...others, "sign"].map((id) => [id, isOpen])));
  enable(Object.fromEntries(["next_patient", "export", "report"].map((id) => [id, draft.isOpen])));
  enable({ amend: isSigned });
  const mayAmend = session.may("sign") || (isSigned && draft.reading.replaced_by);
  for (const button of buttonsOf("amend")) button.hidden = !mayAmend;
  press({
    positive: !drawing.negative,
    negative: drawing.negative,
    no_reflow: drawing.structure === "no_reflow",
    hide: display.hidden,
    contours: display.showsContours,
    exclude: draft.slice(slices.current).state === "excluded",
    ...Object.fromEntries(drawn_with.map((id) => [id, tools.chosen === id])),
  });
  const [yes, no] = marks[drawing.structure];
  for (const mark of document.querySelectorAll("[data-marks]"))
    mark.textContent = /** @type {HTMLElement} */ (mark).dataset.marks === "yes" ? yes : no;
  byId("brush-size").textContent = `${brushSize.diameter_mm.toFixed(1)} mm`;
  const { fill, outline } = display.style;
  for (const button of buttonsOf("style")) button.dataset.style = fill ? (outline ? "both" : "fill") : "outline";
}

/** @param {Record<string, boolean>} commands */
function enable(commands) {
  for (const [id, isOn] of Object.entries(commands)) for (const button of buttonsOf(id)) button.disabled = !isOn;
}

/** @param {Record<string, boolean>} commands */
function press(commands) {
  for (const [id, isOn] of Object.entries(commands))
    for (const button of buttonsOf(id)) button.setAttribute("aria-pressed", String(isOn));
}
