/** The reading page's tools, and what its gestures beside them do: double clicks, the brush's size, presses that fail. */

import { showMessage } from "../common/status.js";
import { Limits } from "../reading/limits.js";
import { Preview } from "../reading/preview.js";
import { Brush, BrushSize } from "../tools/brush.js";
import { ContourTool } from "../tools/contour.js";
import { Crosshair } from "../tools/crosshair.js";
import { EdgeTool } from "../tools/edge.js";
import { Eraser } from "../tools/eraser.js";
import { LandmarkTool } from "../tools/landmark.js";
import { Pan } from "../tools/pan.js";
import { Pointer } from "../tools/pointer.js";
import { Habit } from "../tools/presets.js";
import { PromptTool } from "../tools/prompt_tool.js";
import { RegionTool } from "../tools/region_tool.js";
import { ThresholdBrush } from "../tools/threshold_brush.js";
import { Tools } from "../tools/tools.js";
import { WindowTool } from "../tools/window.js";
import { Zoom } from "../tools/zoom.js";

/**
 * @param {import("../image/viewport.js").Viewport} view @param {import("../tools/drawing.js").Drawing} drawing
 * @param {import("../reading/regions.js").Regions} regions
 * @param {import("../reading/landmarks.js").LandmarksHeld} landmarks
 */
export function readingTools(view, drawing, regions, landmarks) {
  const brushSize = new BrushSize();
  const limits = new Limits();
  const habit = new Habit();
  const prompt = new PromptTool(view, drawing);
  const contour = new ContourTool(view, drawing);
  const tools = new Tools(view, {
    prompt,
    brush: new Brush(view, drawing, brushSize),
    eraser: new Eraser(view, drawing, brushSize),
    threshold: new ThresholdBrush(view, drawing, brushSize, limits),
    edge: new EdgeTool(view, drawing, brushSize),
    landmark: new LandmarkTool(view, drawing, landmarks),
    contour,
    window: new WindowTool(view),
    zoom: new Zoom(view),
    pan: new Pan(view),
    remote: new RegionTool(view, drawing, regions, "remote"),
    hyperenhanced: new RegionTool(view, drawing, regions, "hyperenhanced"),
  });
  const pointer = new Pointer(view, tools, habit);
  const crosshair = new Crosshair(view, tools, pointer);
  const preview = new Preview();
  return { brushSize, limits, habit, preview, prompt, contour, tools, pointer, crosshair };
}

/** The image alone, or with the panels beside it. */
export function toggleMaximised() {
  document.body.classList.toggle("maximised");
}

/** @param {import("./reading_page.js").ReadingPage} page */
export function togglePreview({ preview }) {
  preview.toggle();
  showMessage(preview.isOn ? "Dashed: what a click would do, where the pointer rests." : "No preview of clicks.");
}

/** Delete what is lit up under the pointer, or else what is selected. @param {import("./reading_page.js").ReadingPage} page */
export function deletePart({ actions, at, contourTool, drawing, promptTool, tools }) {
  if (tools.chosen === "contour") {
    contourTool.removePoint(at);
    return;
  }
  const { grabbed } = promptTool;
  const isLit = tools.chosen === "prompt" && (grabbed?.what === "point" || grabbed?.what === "handle");
  actions.deletePart(isLit ? grabbed.selection : drawing.selected);
  promptTool.grabbed = null;
}

/** @param {EventTarget} source @returns {(name: string, act: (detail: any) => void) => void} */
const listenTo = (source) => (name, act) =>
  source.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));

/** @param {import("./reading_page.js").ReadingPage} page */
export function bindGestures(page) {
  bindDrawing(page);
  bindPointer(page);
  bindPreview(page);
}

/** What was drawn becomes an edit. @param {import("./reading_page.js").ReadingPage} page */
function bindDrawing(page) {
  const { actions, drawing } = page;
  const on = listenTo(drawing);
  on("prompt", ({ before, after, was }) => {
    if (!actions.prompt(before, after)) drawing.selection = was;
    page.show();
  });
  on("contour", ({ structure, curve }) => {
    actions.contour(structure, curve);
    page.draw();
  });
  on("paint", ({ before, after }) => {
    actions.paint(before, after);
    page.draw();
  });
}

/** @param {import("./reading_page.js").ReadingPage} page */
function bindPointer(page) {
  const { actions, drawing, pointer, slices, view } = page;
  const on = listenTo(pointer);
  let before = { count: 0, mask: drawing.mask };
  on("press", () => {
    before = { count: actions.count, mask: drawing.mask };
  });
  on("double", ({ at, manner }) => {
    if (actions.count > before.count) actions.takeBack();
    const isRemoval = manner.isOpposite || (drawing.negative && page.tools.chosen === "prompt");
    if (isRemoval) actions.removePart(view.clientToImage(at.x, at.y), before.mask);
    else toggleMaximised();
  });
  on("refused", () => {
    if (!page.draft.isOpen) showMessage("The reading is not open yet: nothing can be drawn.");
    else if (!slices.isShown) showMessage("This slice is still loading: nothing can be drawn yet.");
  });
  on("size", (factor) => page.resizeBrush(factor));
  on("scroll", (by) => slices.step(by));
}

/** @param {import("./reading_page.js").ReadingPage} page */
function bindPreview(page) {
  const { preview, pointer, tools, promptTool, outbox, draft, slices, drawing } = page;
  const ask = () => {
    const isIdle = tools.chosen === "prompt" && !tools.isPressing && !outbox.hasUnsaved;
    const point = isIdle && pointer.at ? promptTool.pointAt(pointer.at) : null;
    const reading = /** @type {any} */ (draft.reading);
    if (point) preview.rest(point, draft.slice(slices.current), reading, drawing.structure);
    else preview.end();
  };
  pointer.addEventListener("hover", ask);
  tools.addEventListener("change", ask);
  pointer.addEventListener("press", () => preview.end());
  slices.addEventListener("move", () => preview.end());
  preview.addEventListener("change", () => page.draw());
}
