/** One stack being read: puts image, overlay, prompts, history and grams together. */

import { showAnnotations, showView } from "./annotations.js";
import { bindCommands, fillHelp } from "./commands.js";
import { bindControls, bindHeldKeys, showControls } from "./controls.js";
import { Draft, keyOf } from "./draft.js";
import { History } from "./history.js";
import { Looks } from "./looks.js";
import { MassPanel } from "./mass.js";
import { followPreparing, openReading } from "./open.js";
import { Overlay } from "./overlay.js";
import { showKind, showPatient } from "./patient.js";
import { Pointer, without } from "./pointer.js";
import { mouseHelp, readingCommands } from "./reading_commands.js";
import { showSaving } from "./saving.js";
import { hideProgress, say, showProgress } from "./status.js";
import { Strip } from "./strip.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./shapes.js").Prompt} Prompt @typedef {import("./pointer.js").Selection} Selection */

const byId = (id) => document.getElementById(id);
const notProposed =
  "Not every slice could be proposed. Draw on the image, or press Shift+R to try the stack again.";
const noPrompt = { boxes: [], points: [] };

export class ReadingPage {
  /** @type {Draft|null} */ draft = null;
  /** @type {History|null} */ history = null;
  /** @type {Selection} */ selection = null;
  /** @type {Prompt|null} what is being dragged */ preview = null;
  negative = false;

  /** @param {import("./shapes.js").Stack} stack */
  constructor(stack) {
    this.stack = stack;
    this.index = Math.floor(stack.slices.length / 2);
    this.element = byId("viewport");
    this.view = new Viewport(this.element, stack);
    this.overlay = new Overlay(byId("overlay"));
    this.looks = new Looks(this);
    this.strip = new Strip(byId("strip"), stack, (index) => this.go(index));
    this.masses = new MassPanel(byId("mass"), stack, (index) => this.go(index));
    this.pointer = new Pointer(this.view, this.#forPointer());
    this.view.addEventListener("view", () => this.draw());
    this.commands = readingCommands(this);
    bindCommands(this.commands);
    fillHelp(byId("help"), this.commands, mouseHelp);
    bindHeldKeys(this);
    bindControls(this);
    showPatient(stack);
  }

  #forPointer() {
    return {
      canDraw: () => this.draft !== null && this.view.shown === this.index,
      prompt: () => this.prompt,
      selection: () => this.selection,
      isNegative: () => this.negative,
      select: (selection) => this.select(selection),
      preview: (prompt, selection) => {
        [this.preview, this.selection] = [prompt, selection];
        this.draw();
      },
      commit: (prompt, selection) => this.commit(prompt, selection),
      scroll: (step) => this.step(step),
    };
  }

  async open() {
    await this.go(this.index);
    showKind(this.stack, this.draft);
    if (this.stack.is_lge) await this.read();
  }

  /** Open the draft reading and follow its proposals. */
  async read() {
    showProgress("Opening the reading");
    const onLost = () => showProgress("The server cannot be reached, trying again");
    try {
      this.#take(await openReading(this.stack.stack_id, onLost));
      await followPreparing(this.draft, ({ prepared, of }) =>
        showProgress(`Preparing proposals: ${prepared} of ${of} slices`, prepared / of),
      );
      if (this.draft.reading.state === "failed") say(notProposed, { stays: true });
    } catch (error) {
      say(`The reading cannot be opened: ${error.message}`, { stays: true });
    }
    hideProgress();
    this.show();
  }

  #take(reading) {
    this.draft = new Draft(reading);
    this.history = new History(this.draft);
    this.draft.addEventListener("change", () => this.show());
    this.history.addEventListener("saving", () => {
      showSaving(this);
      this.show();
    });
    this.history.addEventListener("stored", ({ detail }) => this.#stored(detail));
    this.history.addEventListener("refused", ({ detail }) => say(detail.message, { stays: true }));
    showSaving(this);
    this.show();
  }

  /** The slice's prompt as it is on the screen. */
  get prompt() {
    return this.preview ?? (this.draft && this.view.shown >= 0 ? this.draft.prompt(this.view.slice) : noPrompt);
  }

  async go(index) {
    const wanted = Math.max(0, Math.min(this.stack.slices.length - 1, index));
    if (this.pointer.isDragging) return;
    if (wanted !== this.index) this.selection = null;
    this.index = wanted;
    this.show();
    try {
      await this.view.show(wanted);
    } catch (error) {
      say(`Slice ${wanted + 1} cannot be shown: ${error.message}`, { stays: true });
    }
    this.show();
  }

  step(by) {
    void this.go(this.index + by);
  }

  select(selection) {
    this.selection = selection;
    this.show();
  }

  deselect() {
    if (!this.pointer.abandon()) this.select(null);
  }

  /** @param {Prompt} prompt @param {Selection} selection */
  commit(prompt, selection) {
    [this.preview, this.selection] = [null, selection];
    const slice = this.view.slice;
    this.draft.draw(slice, prompt);
    const isEmpty = !prompt.boxes.length && !prompt.points.length;
    this.#add(isEmpty ? { kind: "clear" } : { kind: "prompt", ...prompt }, slice);
  }

  deleteSelected() {
    if (this.selection && this.draft && !this.pointer.isDragging)
      this.commit(without(this.prompt, this.selection), null);
  }

  #add(edit, { sop_instance_uid, frame_number }) {
    this.history.add({ ...edit, sop_instance_uid, frame_number });
  }

  /** @param {"clear"|"propose"|"no_scar"|"accept"} kind an edit of the slice on the screen */
  edit(kind) {
    if (!this.draft || this.view.shown !== this.index || this.pointer.isDragging) return;
    if (kind === "propose" && this.isPreparing) return;
    this.selection = null;
    if (kind === "clear" || kind === "no_scar") this.draft.draw(this.view.slice, noPrompt);
    this.#add({ kind }, this.view.slice);
  }

  /** Is the server still proposing by itself? */
  get isPreparing() {
    return this.draft?.reading.state === "preparing";
  }

  editStack(kind) {
    if (this.draft && !this.isPreparing) this.history.add({ kind });
  }

  accept() {
    if (!this.draft || this.view.shown !== this.index) return;
    const { state, mask } = this.draft.slice(this.view.slice);
    const awaits = this.draft.isAwaiting(this.view.slice);
    const isDecided = ["accepted", "no_scar", "excluded"].includes(state) && !awaits;
    if (!isDecided && !mask && !awaits) {
      say("There is nothing to accept on this slice: draw a box, click a point, or press 0 for no scar.");
      return;
    }
    if (!isDecided) this.edit("accept");
    this.step(1);
  }

  undo() {
    if (this.draft?.reading.can_undo || this.history?.hasUnsaved) this.history.add({ kind: "undo" });
  }

  redo() {
    if (this.draft?.reading.can_redo) this.history.add({ kind: "redo" });
  }

  #stored({ edit, answer }) {
    if (edit.kind !== "undo" && edit.kind !== "redo") return;
    const changed = answer.slices?.length ? answer.slices : [answer.slice].filter(Boolean);
    const at = changed.map((slice) => this.stack.slices.findIndex((each) => keyOf(each) === keyOf(slice)));
    this.selection = null;
    if (at.length && !at.includes(this.index)) void this.go(at[0]);
  }

  setNegative(negative) {
    this.negative = negative;
    this.show();
  }

  showHelp() {
    byId("help").showModal();
  }

  /** Everything that follows the reading, the slice or the selection. */
  show() {
    const selected =
      this.selection && this.prompt[this.selection.kind === "box" ? "boxes" : "points"][this.selection.index];
    if (!selected) this.selection = null;
    this.strip.show(this.draft, this.index);
    this.masses.show(this.draft, this.index);
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
            mask: read.mask,
            prompt: this.prompt,
            selection: this.selection,
            style: this.looks.style,
          },
    );
    Object.assign(this.element.dataset, {
      slice: shown,
      revision: this.draft?.revision ?? "",
      reading: this.draft?.reading.state ?? "",
      saved: String(!this.history?.hasUnsaved),
    });
  }
}
