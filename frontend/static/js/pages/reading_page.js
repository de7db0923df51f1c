/** The reading page: puts image, tools, reading and panels together. */

import { sendLook } from "../common/api.js";
import { buttonsOf, byId, find } from "../common/dom.js";
import { hideProgress, showMessage, showProgress } from "../common/status.js";
import { Display } from "../image/display.js";
import { Looking } from "../image/looking.js";
import { Overlay } from "../image/overlay.js";
import { Slices } from "../image/slices.js";
import { Viewport } from "../image/viewport.js";
import { showAnnotations, showView } from "../panels/annotations.js";
import { showAssignment } from "../panels/assignment.js";
import { Comparison } from "../panels/comparison.js";
import { bindHeldKeys, bindSettings, showControls } from "../panels/controls.js";
import { FinishLine } from "../panels/finish.js";
import { showGrowth } from "../panels/growth.js";
import { bindHabit } from "../panels/habit.js";
import { HistoryPanel } from "../panels/history.js";
import { MassPanel } from "../panels/mass.js";
import { MethodsPanel } from "../panels/methods.js";
import { bindNotices } from "../panels/notices.js";
import { OtherViews } from "../panels/other_views.js";
import { Parts } from "../panels/parts.js";
import { PatternPanel } from "../panels/pattern.js";
import { showPreparing } from "../panels/preparing.js";
import { ReadingsPanel } from "../panels/readings.js";
import { showRecipe } from "../panels/recipe.js";
import { SavingPanel } from "../panels/saving.js";
import { SegmentationsPanel } from "../panels/segmentations.js";
import { SegmentsPanel } from "../panels/segments17.js";
import { SensitivityPanel } from "../panels/sensitivity.js";
import { Signing } from "../panels/signing.js";
import { SlicesTable } from "../panels/slices_table.js";
import { StackPanel } from "../panels/stack.js";
import { Strip } from "../panels/strip.js";
import { WallPanel } from "../panels/wall.js";
import { Actions } from "../reading/actions.js";
import { Clock } from "../reading/clock.js";
import { Draft } from "../reading/draft.js";
import { follow } from "../reading/follow.js";
import { LandmarksHeld } from "../reading/landmarks.js";
import { Methods } from "../reading/methods.js";
import { openReading } from "../reading/opening.js";
import { Outbox } from "../reading/outbox.js";
import { Regions } from "../reading/regions.js";
import { Spread } from "../reading/spread.js";
import { Drawing } from "../tools/drawing.js";
import { readingCommands } from "./reading_commands.js";
import { bindGestures, readingTools } from "./reading_tools.js";

export class ReadingPage {
  #isOpening = false;

  /** @param {import("../common/types.js").Stack} stack */
  constructor(stack) {
    const view = new Viewport(byId("viewport", HTMLDivElement), stack.slices);
    const slices = new Slices(view, stack.slices);
    const draft = new Draft();
    const outbox = new Outbox(draft);
    const drawing = new Drawing(slices, draft);
    this.view = view;
    this.slices = slices;
    this.looking = new Looking(stack.stack_id, view, slices);
    this.draft = draft;
    this.outbox = outbox;
    this.drawing = drawing;
    this.actions = new Actions(slices, draft, outbox, drawing, this.looking.ventricles);

    this.regions = new Regions(draft);
    this.landmarks = new LandmarksHeld(slices, draft, outbox);
    const made = readingTools(view, drawing, this.regions, this.landmarks);
    const { brushSize, limits, habit, preview, prompt, contour, tools, pointer, crosshair } = made;
    this.brushSize = brushSize;
    this.limits = limits;
    this.habit = habit;
    this.preview = preview;
    this.promptTool = prompt;
    this.contourTool = contour;
    this.tools = tools;
    this.pointer = pointer;
    this.crosshair = crosshair;

    this.spread = new Spread(draft, outbox);
    this.methods = new Methods(draft, outbox, this.regions);
    this.display = new Display();
    this.overlay = new Overlay(byId("overlay", HTMLCanvasElement));
    this.stackPanel = new StackPanel(stack, slices, draft, this.actions, () => void this.read());
    this.strip = new Strip(byId("strip"), slices, draft, this.display, this.spread);
    this.parts = new Parts(byId("mass"));
    this.mass = new MassPanel(byId("mass"), slices, draft, this.spread);
    this.table = new SlicesTable(find("#mass .slices"), slices, draft);
    this.sensitivity = new SensitivityPanel(find("[data-sensitivity]"), slices, draft, outbox);
    this.segments = new SegmentsPanel(byId("mass"), slices, draft, outbox, this.landmarks, this.parts);
    this.wall = new WallPanel(draft, outbox);
    this.pattern = new PatternPanel(byId("pattern", HTMLSelectElement), draft, outbox);
    this.history = new HistoryPanel(byId("history"), slices, draft, outbox);
    this.methodsPanel = new MethodsPanel(byId("methods"), this);
    this.saving = new SavingPanel(draft, outbox);
    this.otherViews = new OtherViews(byId("other-views"), stack, slices, draft, byId("cut", HTMLCanvasElement), habit);
    this.finish = new FinishLine(stack.stack_id, this.actions, outbox, this.spread);
    this.clock = new Clock(draft);
    this.signing = new Signing(stack, this.actions, outbox, this.clock, this.finish);
    this.readings = new ReadingsPanel(byId("readings"), stack.stack_id, draft, this.parts);
    this.segmentations = new SegmentationsPanel(byId("segmentations", HTMLDialogElement), stack, draft, outbox);
    this.comparison = new Comparison(byId("comparison"), stack.stack_id, slices, draft, outbox);

    this.#listen();
    bindGestures(this);
    bindHeldKeys(this.display, this.pointer, view.element);
    bindSettings(this.display, this.limits);
    bindHabit(this.habit, readingCommands(this), byId("help", HTMLDialogElement));
    bindNotices(outbox, slices, (what, changed) => this.actions.goToChange(what, changed));
  }

  #listen() {
    const { slices, draft, outbox, drawing, tools } = this;
    const show = () => this.show();
    const draw = () => this.draw();
    this.view.addEventListener("view", draw);
    slices.addEventListener("show", show);
    slices.addEventListener("move", () => {
      tools.cancel();
      drawing.selection = null;
      this.#prioritise();
    });
    draft.addEventListener("change", show);
    draft.addEventListener("images", () => {
      const isAnother = JSON.stringify(draft.images) !== JSON.stringify(slices.list);
      if (isAnother) void slices.replace(draft.images);
    });
    outbox.addEventListener("change", show);
    this.parts.addEventListener("change", show);
    this.spread.addEventListener("change", show);
    for (const source of [this.methods, this.regions]) source.addEventListener("change", show);
    drawing.addEventListener("change", show);
    drawing.addEventListener("preview", draw);
    tools.addEventListener("change", () => {
      if (tools.chosen === "prompt") show();
      else drawing.select(null);
    });
    this.display.addEventListener("change", show);
    this.crosshair.addEventListener("change", draw);
    this.comparison.addEventListener("change", draw);
    this.limits.addEventListener("change", show);
    this.pointer.addEventListener("hover", draw);
    this.landmarks.addEventListener("change", draw);
    this.segments.addEventListener("change", () => {
      this.strip.light(this.segments.lit);
      this.draw();
    });
  }

  async open() {
    this.stackPanel.show();
    const isShown = this.looking.showFirst().then(() => this.show());
    if (this.stackPanel.stack.is_lge) await this.read();
    await isShown;
  }

  /** Open the stack's draft, once, and keep the page to it. */
  async read() {
    if (this.#isOpening || this.draft.isOpen) return;
    this.#isOpening = true;
    const { stack } = this.stackPanel;
    showProgress("Opening the reading");
    try {
      const reading = await openReading(stack.stack_id, () =>
        showProgress("The server cannot be reached, trying again"),
      );
      this.draft.open(reading);
    } catch (error) {
      showMessage(`The reading cannot be opened: ${error.message}`, { stays: true });
      return;
    } finally {
      this.#isOpening = false;
      hideProgress();
      this.show();
    }
    this.stackPanel.show();
    this.saving.show();
    const preparing = () => showPreparing(this.draft, this.outbox, () => this.actions.proposeAll());
    preparing();
    this.#prioritise();
    follow(this.draft, preparing, (changed) => this.stackPanel.take(changed));
    this.outbox.open();
    this.clock.start();
    if (this.comparison.isAsked) this.parts.show("readings");
    await this.comparison.read();
  }

  /** While proposals are being prepared, ask for that of the slice on the screen next. */
  #prioritise() {
    // It only changes the order: where the request fails, the proposal comes in its turn.
    if (this.draft.isPreparing) sendLook(this.draft.reading.id, this.slices.current).catch(() => {});
  }

  /** On a narrow screen the panel is a drawer over the image. Closed, it keeps no focus: keys would go where nobody looks. */
  togglePanel(isOpen = !document.body.classList.contains("panel-open")) {
    const focused = document.activeElement;
    if (!isOpen && focused instanceof HTMLElement && find("#mass").contains(focused)) focused.blur();
    document.body.classList.toggle("panel-open", isOpen);
    for (const button of buttonsOf("panel")) button.setAttribute("aria-expanded", String(isOpen));
  }

  deselect() {
    if (document.body.classList.contains("panel-open")) this.togglePanel(false);
    else if (!this.tools.cancel()) this.drawing.select(null);
  }

  /** @param {number} factor */
  resizeBrush(factor) {
    this.brushSize.scale(factor);
    this.show();
  }

  /** All slices side by side, close to the heart where it is found. */
  async toggleGrid() {
    this.strip.toggleGrid();
    this.strip.zoomTo(await this.looking.heart());
  }

  /** Beside the image, which the slices side by side would hide. */
  toggleOtherViews() {
    if (this.strip.isGrid) this.strip.toggleGrid();
    this.otherViews.toggle();
  }

  /** Accept what can be seen side by side; before that it is shown. */
  acceptShown() {
    if (this.strip.isGrid) this.actions.acceptShown(this.strip.seen);
    else {
      void this.toggleGrid();
      showMessage("All slices side by side: press Shift+A again to accept those that you see.");
    }
  }

  /** What boxes, points and the brush outline: the scar, or the no-reflow within it. */
  toggleNoReflow() {
    this.drawing.setStructure(this.drawing.structure === "scar" ? "no_reflow" : "scar");
  }

  showHelp() {
    byId("help", HTMLDialogElement).showModal();
  }

  /** Where the crosshair is, or else the pointer, in corner-based image pixels. */
  get at() {
    return this.crosshair.at ?? this.pointer.at;
  }

  /** The circle of the tool in hand, where it has one. */
  get #circle() {
    return (this.at && this.tools.all[this.tools.chosen].circle?.(this.at)) ?? null;
  }

  /** The points of the contour that is taken, while they can be moved. */
  get handles() {
    const isShaping = this.tools.chosen === "contour" && this.drawing.canDraw;
    return isShaping ? this.contourTool.handles(this.at) : [];
  }

  /** Everything that follows the reading, the slice or the selection. */
  show() {
    this.drawing.selection = this.drawing.selected;
    this.strip.apex = this.looking.apex;
    this.strip.show();
    this.mass.show();
    this.table.show();
    showRecipe(find("#mass .recipe"), this.draft);
    this.sensitivity.show();
    this.wall.show();
    this.segments.show();
    this.pattern.show();
    this.history.show();
    this.methodsPanel.show();
    this.finish.show();
    this.signing.show();
    this.readings.show();
    showAssignment(this.draft);
    showGrowth(this.draft);
    showControls(this);
    showAnnotations(this.slices, this.draft, this.outbox, this.drawing, this.looking.apex);
    this.draw();
  }

  /** The overlay alone, on the slice that the image shows. */
  draw() {
    const { view, draft, drawing, display } = this;
    if (view.shown < 0) return;
    showView(view);
    const scene = {
      imageToCanvas: view.imageToCanvas(),
      mask: drawing.maskOf("scar"),
      noReflow: drawing.maskOf("no_reflow"),
      misplaced: drawing.misplaced,
      other: this.comparison.maskOn(view.slice),
      contours: display.showsContours ? drawing.contours : [],
      contour: drawing.contour,
      preview: this.preview.mask,
      method: this.methods.maskOf(view.slice),
      regions: this.methods.isOn ? this.regions.circlesOn(view.slice) : [],
      isExcluded: draft.slice(view.slice).state === "excluded",
      prompt: drawing.prompt,
      selection: drawing.selection,
      style: display.style,
      grabbed: this.tools.chosen === "prompt" ? this.promptTool.grabbed : null,
      brush: this.#circle,
      handles: this.handles,
      crosshair: this.crosshair.at,
      landmarks: this.landmarks.marks(view.slice),
      sectors: this.segments.outlines(view.slice),
    };
    this.overlay.draw(display.hidden || !draft.isOpen ? null : scene);
    Object.assign(view.element.dataset, {
      slice: view.shown,
      revision: draft.isOpen ? draft.revision : "",
      saved: String(!this.outbox.hasUnsaved),
    });
  }
}
