/** One stack being read: puts image, overlay, prompts, edits and grams together. */

import { showAnnotations, showView } from "./annotations.js";
import { Brush } from "./brush.js";
import { noPrompt } from "./changes.js";
import { bindCommands, fillHelp } from "./commands.js";
import { bindControls, bindHeldKeys, showControls } from "./controls.js";
import { Crosshair } from "./crosshair.js";
import { beginReading } from "./following.js";
import { Gestures } from "./gestures.js";
import { Hand } from "./hand.js";
import { HistoryPanel } from "./history.js";
import { Looks } from "./looks.js";
import { MassPanel } from "./mass.js";
import { lookAt } from "./open.js";
import { Overlay } from "./overlay.js";
import { showKind, showPatient } from "./patient.js";
import { Pointer } from "./pointer.js";
import { mouseHelp, readingCommands } from "./reading_commands.js";
import { hideProgress, noticed_after_ms, say, showProgress } from "./status.js";
import { Strip } from "./strip.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./shapes.js").Prompt} Prompt @typedef {import("./hand.js").Selection} Selection */

const byId = (id) => document.getElementById(id);

export class ReadingPage {
  /** @type {import("./draft.js").Draft|null} */ draft = null;
  /** @type {import("./outbox.js").Outbox|null} */ outbox = null;
  /** @type {Selection} */ selection = null;
  /** @type {Prompt|null} what is being dragged */ preview = null;
  /** @type {import("./shapes.js").Rle|null} what is being painted */ painted = null;
  /** @type {import("./shapes.js").Rle|null} what the stroke began on */ unpainted = null;
  /** @type {"prompt"|"brush"|"eraser"} */ tool = "prompt";
  #isOpening = false;
  negative = false;
  brush = new Brush();
  gestures = new Gestures(this);

  /** @param {import("./shapes.js").Stack} stack */
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
