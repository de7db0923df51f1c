/** One stack being read: puts image, overlay, prompts, edits and grams together. */

import { showAnnotations, showView } from "../panels/annotations.js";
import { Brush } from "../tools/brush.js";
import { noPrompt } from "../reading/edits.js";
import { bindCommands, fillHelp } from "../common/commands.js";
import { bindControls, bindHeldKeys, showControls } from "../panels/controls.js";
import { Crosshair } from "../tools/crosshair.js";
import { beginReading } from "../reading/following.js";
import { Gestures } from "../reading/actions.js";
import { Hand } from "../tools/prompt_tool.js";
import { HistoryPanel } from "../panels/history.js";
import { Looks } from "../image/display.js";
import { MassPanel } from "../panels/mass.js";
import { lookAt } from "../reading/open.js";
import { Overlay } from "../image/overlay.js";
import { showKind, showPatient } from "../panels/patient.js";
import { Pointer } from "../tools/pointer.js";
import { mouseHelp, readingCommands } from "./reading_commands.js";
import { hideProgress, noticed_after_ms, say, showProgress } from "../common/status.js";
import { Strip } from "../panels/strip.js";
import { Viewport } from "../image/viewport.js";

/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../tools/prompt_tool.js").Selection} Selection */

const byId = (id) => document.getElementById(id);

export class ReadingPage {
  /** @type {import("../reading/draft.js").Draft|null} */ draft = null;
  /** @type {import("../reading/outbox.js").Outbox|null} */ outbox = null;
  /** @type {Selection} */ selection = null;
  /** @type {Prompt|null} what is being dragged */ preview = null;
  /** @type {import("../common/types.js").Rle|null} what is being painted */ painted = null;
  /** @type {import("../common/types.js").Rle|null} what the stroke began on */ unpainted = null;
  /** @type {"prompt"|"brush"|"eraser"} */ tool = "prompt";
  #isOpening = false;
  negative = false;
  brush = new Brush();
  gestures = new Gestures(this);

  /** @param {import("../common/types.js").Stack} stack */
  constructor(stack) {
    this.stack = stack;
    this.index = Math.floor(stack.slices.length / 2);
    this.element = byId("viewport");
    this.view = new Viewport(this.element, stack);
    this.overlay = new Overlay(byId("overlay"));
    this.looks = new Looks(this);
    this.strip = new Strip(
      byId("strip"),
      stack,
      (index) => this.go(index),
      () => this.show(),
    );
    this.masses = new MassPanel(byId("mass"), stack, (index) => this.go(index));
    this.history = new HistoryPanel(byId("history"), this);
    this.hand = new Hand(this.view, this.#forHand());
    this.pointer = new Pointer(this.view, this.hand, {
      scroll: (step) => this.step(step),
      hover: () => this.tool !== "prompt" && this.draw(),
    });
    this.crosshair = new Crosshair(this);
    this.view.addEventListener("view", () => this.draw());
    this.commands = readingCommands(this);
    bindCommands(this.commands);
    fillHelp(byId("help"), this.commands, mouseHelp);
    bindHeldKeys(this);
    bindControls(this);
    showPatient(stack);
  }

  #forHand() {
    return {
      canDraw: () => this.draft !== null && this.view.shown === this.index,
      prompt: () => this.prompt,
      selection: () => this.selection,
      isNegative: () => this.negative,
      tool: () => this.tool,
      select: (selection) => this.select(selection),
      preview: (prompt, selection) => {
        [this.preview, this.selection] = [prompt, selection];
        this.draw();
      },
      commit: (before, after, selection) => this.gestures.prompt(before, after, selection),
      paint: (at, isNew, erases) => this.#paint(at, isNew, erases),
      painted: () => this.#endPainting(),
      abandonPainting: () => {
        this.painted = null;
        this.draw();
      },
    };
  }

  #paint(at, isNew, erases) {
    if (isNew) {
      this.unpainted = this.draft.slice(this.view.slice).mask;
      this.brush.begin(this.unpainted, this.view.slice, erases, at);
    } else this.brush.to(at);
    this.painted = this.brush.mask;
    this.draw();
  }

  #endPainting() {
    const mask = this.painted;
    this.painted = null;
    this.gestures.paint(this.unpainted, mask);
  }

  async open() {
    const shown = this.go(this.index);
    showKind(this.stack, this.draft);
    if (this.stack.is_lge) await this.read();
    await shown;
  }

  /** Open the reading, once. */
  async read() {
    if (this.#isOpening || this.draft) return;
    this.#isOpening = true;
    await beginReading(this);
    this.#isOpening = false;
  }

  /** The slice's prompt as it is on the screen. */
  get prompt() {
    return this.preview ?? (this.draft && this.view.shown >= 0 ? this.draft.prompt(this.view.slice) : noPrompt);
  }

  async go(index) {
    const wanted = Math.max(0, Math.min(this.stack.slices.length - 1, index));
    if (this.hand.isDragging) return;
    const isOther = wanted !== this.index;
    if (isOther) this.selection = null;
    this.index = wanted;
    if (isOther) lookAt(this);
    this.show();
    await this.#bring(wanted);
    this.show();
  }

  /** The image on the screen; a wait that can be noticed says what it is for. */
  async #bring(index) {
    let told = false;
    const slow = setTimeout(() => {
      told = !this.isPreparing && !this.outbox?.hasUnsaved;
      if (told) showProgress(`Loading slice ${index + 1}`);
    }, noticed_after_ms);
    try {
      await this.view.show(index);
    } catch (error) {
      say(`Slice ${index + 1} cannot be shown: ${error.message}`, { stays: true });
    }
    clearTimeout(slow);
    if (told) hideProgress();
  }

  step(by) {
    const wanted = this.index + by;
    if (wanted >= 0 && wanted < this.stack.slices.length) void this.go(wanted);
  }

  select(selection) {
    this.selection = selection;
    this.show();
  }

  deselect() {
    if (!this.hand.abandon()) this.select(null);
  }

  /** Is the server still proposing by itself? */
  get isPreparing() {
    return this.draft?.reading.state === "preparing";
  }

  /** @param {"prompt"|"brush"|"eraser"} tool */
  take(tool) {
    if (this.hand.isDragging) return;
    this.tool = tool;
    if (tool !== "prompt") this.selection = null;
    this.pointer.showCursor();
    this.show();
  }

  resizeBrush(factor) {
    this.brush.resize(factor);
    this.show();
  }

  setNegative(negative) {
    this.negative = negative;
    this.show();
  }

  showHelp() {
    byId("help").showModal();
  }

  /** Where the brush would mark: its middle and half axes in corner-based image pixels. */
  #tip() {
    const at = this.crosshair.at ?? this.pointer.at;
    if (this.tool === "prompt" || !at) return null;
    const [row, column] = this.view.slice.pixel_spacing_mm;
    const reach_mm = this.brush.diameter_mm / 2;
    return { ...at, across: reach_mm / column, down: reach_mm / row };
  }

  /** Everything that follows the reading, the slice or the selection. */
  show() {
    const selected =
      this.selection && this.prompt[this.selection.kind === "box" ? "boxes" : "points"][this.selection.index];
    if (!selected) this.selection = null;
    this.strip.show(this.draft, this.index, this.looks.style);
    this.masses.show(this.draft, this.index);
    this.history.show();
    showControls(this);
    showAnnotations(this);
    this.draw();
  }

  /** The overlay alone, on the slice that the image shows. */
  draw() {
    const { shown, slice } = this.view;
    if (shown < 0) return;
    showView(this.view);
    const read = this.draft?.slice(slice);
    this.overlay.draw(
      this.looks.hidden || !read
        ? null
        : {
            imageToCanvas: this.view.imageToCanvas(),
            mask: this.painted ?? read.mask,
            isLeftOut: read.state === "excluded",
            prompt: this.prompt,
            selection: this.selection,
            style: this.looks.style,
            tip: this.#tip(),
            crosshair: this.crosshair.at,
          },
    );
    Object.assign(this.element.dataset, {
      slice: shown,
      revision: this.draft?.revision ?? "",
      saved: String(!this.outbox?.hasUnsaved),
    });
  }
}
