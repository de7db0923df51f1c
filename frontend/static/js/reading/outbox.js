/**
 * What the reader did, on its way to the server: one edit at a time, in order, kept until it is stored, also while
 * there is no connection. Undo and redo of what is stored are edits as well and take their turn.
 */

import { Problem, Unreachable, getReading, newClientId, readerName, sendEdit } from "../common/api.js";
import { toSend } from "./edits.js";
import { isSameSlice } from "./draft.js";
import { Unsent } from "./unsent.js";

/**
 * @typedef {import("../common/types.js").Edit} Edit
 * @typedef {object} Step
 * @property {Edit} edit
 * @property {string} reader who did it
 * @property {object|null} body as it was sent; sent again after a lost answer, it must be the same to the letter
 * @property {string|null} [refusal] why it was set aside; null where it collides with what was done elsewhere
 * @property {number} version of what it was made on: the slice's, or the whole reading's for undo, redo, all slices
 */

const pauses_ms = [500, 1000, 2000, 4000, 8000];
/** A server that fails so often at one edit will not do it: what waits behind it must not wait for ever. */
const most_failures = 5;
const adopt_ms = 3000;

const asked = new Set(["prompt", "propose"]);
const unknown = -1;
const opposite = { undo: "redo", redo: "undo" };

/**
 * Events: "saving" (the state or what is not saved changed), "saved" (nothing is on its way), "stored" (detail: edit,
 * answer), "dropped" (detail: edit; an undo or redo that nothing is left of), "withdrawn", "restored" (detail: edit; undone
 * and done again before it was sent), "adopted" (detail: count), "aside" (detail: the step).
 */
export class Outbox extends EventTarget {
  /** @type {Step[]} the first one is being sent */
  #steps = [];
  /** @type {Step[]} refused or overtaken: kept until the reader decides */
  #aside = [];
  /** @type {(Step|null)[]} undone before they were sent; null stands for one that was undone after that on the server */
  #withdrawn = [];
  #isRunning = false;
  #wake = () => {};
  #unsent;

  /** @type {"saved"|"saving"|"offline"|"failing"} */
  state = "saved";
  /** Does the browser keep what is not sent? */
  isKept = true;

  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    super();
    this.draft = draft;
    this.#unsent = new Unsent(draft.reading.id, newClientId());
    window.addEventListener("online", () => this.#wake());
  }

  /** Is anything on its way to the server? */
  get hasUnsaved() {
    return this.#steps.length > 0;
  }

  get unsavedCount() {
    return this.#steps.length;
  }

  /** How many edits wait for the reader to decide on them. */
  get asideCount() {
    return this.#aside.length;
  }

  get canRedo() {
    return this.#withdrawn.length > 0;
  }

  /** Is an undo or redo on its way? */
  get isWalking() {
    return this.#steps.some(({ edit }) => edit.kind in opposite);
  }

  /** Has a slice an edit that only a model can answer, which cannot be asked now? */
  isWaitingForModel(slice) {
    const asks = ({ edit }) => asked.has(edit.kind) && (!edit.sop_instance_uid || isSameSlice(edit, slice));
    return this.state === "offline" && this.#steps.some(asks);
  }

  /** The edit on its way to the server, if any. */
  get sending() {
    return this.#steps[0]?.edit ?? null;
  }

  /** Send what pages that are gone have left, now and whenever another one goes. */
  resume() {
    const adopt = () => {
      const { steps, aside } = this.#unsent.adopt();
      if (steps.length) this.#announce("adopted", { count: steps.length });
      this.#steps.push(...steps);
      for (const step of aside) this.#setAside(step, step.refusal);
      if (steps.length + aside.length) this.#changed();
    };
    adopt();
    setInterval(adopt, adopt_ms);
  }

  /** @param {Edit} edit */
  add(edit) {
    this.#withdrawn = [];
    this.#push(edit);
  }

  undo() {
    const last = this.#steps.at(-1);
    if (!last || last.body || last.edit.kind in opposite) {
      if (this.canRedo) this.#withdrawn.push(null);
      return this.#push({ kind: "undo" });
    }
    this.#withdrawn.push(this.#steps.pop());
    this.#changed();
    return this.#announce("withdrawn", last);
  }

  redo() {
    const step = this.#withdrawn.pop();
    if (!step) return this.#push({ kind: "redo" });
    this.#push(step.edit);
    return this.#announce("restored", step);
  }

  /** Go so many steps of the stored history back or on. @param {"undo"|"redo"} kind */
  walk(kind, steps) {
    this.#withdrawn = [];
    for (let step = 0; step < steps; step++) this.#push({ kind });
  }

  /** Put an edit over what collided with it, or try it once more. @param {Step} step */
  insist(step) {
    this.discard(step);
    this.#push(step.edit);
  }

  /** @param {Step} step that the reader does without */
  discard(step) {
    this.#aside = this.#aside.filter((each) => each !== step);
    this.#changed();
  }

  #push(edit) {
    this.#steps.push({ edit, reader: readerName(), body: null, version: this.#versionFor(edit) });
    this.#changed();
  }

  /** What is done behind other edits is done on what they leave: that is known when they are stored. */
  #versionFor(edit) {
    if (!edit.sop_instance_uid) return this.#steps.length ? unknown : this.draft.revision;
    const before = this.#steps.findLast((step) => isSameSlice(step.edit, edit));
    return before?.version ?? this.draft.version(edit);
  }

  #changed() {
    this.isKept = this.#unsent.keep({ steps: this.#steps, aside: this.#aside });
    this.draft.showUnsent(this.#steps.map(({ edit }) => edit));
    this.dispatchEvent(new Event("saving"));
    if (!this.#isRunning && this.#steps.length) void this.#send();
  }

  async #send() {
    this.#isRunning = true;
    for (let failures = 0; this.#steps.length;) {
      if (!failures) this.#tell("saving");
      try {
        await this.#sendFirst();
        failures = 0;
      } catch (error) {
        failures += 1;
        const isLost = error instanceof Unreachable || (error instanceof Problem && error.isOnTheWay);
        const mayPass = error instanceof Problem && error.isPassing && failures < most_failures;
        if (isLost || mayPass) {
          this.#tell(isLost ? "offline" : "failing");
          await this.#pause(pauses_ms[Math.min(failures, pauses_ms.length) - 1]);
        } else {
          this.#giveUp(error.message);
          failures = 0;
        }
      }
    }
    this.#isRunning = false;
    this.#tell("saved");
    this.dispatchEvent(new Event("saved"));
  }

  async #sendFirst() {
    const step = this.#steps[0];
    const { edit, version } = step;
    const isOfSlice = Boolean(edit.sop_instance_uid);
    if (!step.body) {
      if (version !== (isOfSlice ? this.draft.version(edit) : this.draft.revision)) return this.#giveUp(null);
      const made = isOfSlice ? toSend(edit, this.draft.stored(edit)) : edit;
      step.body = { client_id: newClientId(), expected_revision: this.draft.revision, ...made };
      this.#changed();
    }
    let answer;
    try {
      answer = await sendEdit(this.draft.reading.id, step.body, step.reader);
    } catch (error) {
      if (!(error instanceof Problem && error.isStale)) throw error;
      // Somebody else was faster. Where nothing collides it is made anew on what is stored now.
      step.body = null;
      return this.draft.take(await getReading(this.draft.reading.id));
    }
    return this.#stored(step, answer);
  }

  #stored(step, answer) {
    this.#steps.shift();
    // What waits behind it was done on what it left, and not on what others may have made of that since.
    for (const later of this.#steps) {
      const made = answer.slices.find((slice) => isSameSlice(slice, later.edit));
      if (!later.edit.sop_instance_uid) later.version = answer.revision;
      else if (made) later.version = made.revision;
    }
    this.draft.take(answer);
    this.#changed();
    this.#announce("stored", { edit: step.edit, answer });
  }

  /** The first step is not stored: an undo that was meant for it goes with it. @param {string|null} message */
  #giveUp(message) {
    const step = this.#steps.shift();
    const next = this.#steps[0]?.edit.kind;
    if (message !== null)
      for (const later of this.#steps)
        if (!later.edit.sop_instance_uid) later.version = step.body?.expected_revision ?? unknown;
    if (next === (opposite[step.edit.kind] ?? "undo")) this.#steps.shift();
    else if (step.edit.sop_instance_uid) this.#setAside(step, message);
    else this.#announce("dropped", { edit: step.edit, message });
    this.#changed();
  }

  #setAside(step, message) {
    Object.assign(step, { body: null, refusal: message });
    this.#aside.push(step);
    this.#announce("aside", step);
  }

  #announce(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("saving"));
  }

  #pause(milliseconds) {
    return new Promise((resume) => {
      this.#wake = resume;
      setTimeout(resume, milliseconds);
    });
  }
}
