/**
 * What the reader did, on its way to the server: one edit at a time, in order, kept until it is stored, also while
 * there is no connection or the session has ended. Undo and redo of what is stored are edits as well and take their turn.
 */

import { getReading, newClientId, Problem, readerName, sendEdit, sendImport, Unreachable } from "../common/api.js";
import { Pause } from "../common/retry.js";
import { session } from "../common/session.js";
import { toSend } from "./edits.js";
import { isSameSlice, sliceOf } from "./segments.js";
import { Unsent } from "./unsent.js";

/** @typedef {import("../common/types.js").Edit} Edit @typedef {import("../common/types.js").Step} Step */

const pauses_ms = [500, 1000, 2000, 4000, 8000];
/** An edit that fails so often is given up: others wait behind it. */
const most_failures = 5;
const recover_ms = 3000;

const answeredByModel = new Set(["prompt", "propose", "threshold"]);
const unknown_version = -1;
/** @type {Partial<Record<Edit["kind"], Edit["kind"]>>} */
const opposite = { undo: "redo", redo: "undo" };

/**
 * Events: "change" (of the state, or of what is not saved), "saved" (nothing is on its way), "stored" (detail: edit,
 * answer, isQuiet, before: the slice as it was stored),
 * "closed" (the reading is signed, and takes no edit),
 * "dropped" (detail: edit, message; an edit of the whole reading that was not done), "undone", "redone" (detail: edit; before
 * it was sent), "recovered" (detail: count), "aside" (detail: the step).
 */
export class Outbox extends EventTarget {
  /** @type {Step[]} the first one is being sent */
  #steps = [];
  /** @type {Step[]} refused or overtaken: kept until the reader decides */
  #aside = [];
  /** @type {(Step|null)[]} undone before they were sent; null is one that was undone on the server after that */
  #undone = [];
  /** @type {import("../common/types.js").ReadSlice|null} the slice of the edit on its way, as it was stored before that */
  #before = null;
  #isRunning = false;
  #pause = new Pause();
  /** @type {Unsent|null} */
  #unsent = null;

  /** @type {"saved"|"saving"|"offline"|"failing"|"ended"} ended: nobody is signed in who could send it */
  state = "saved";
  /** Does the browser keep what is not sent? */
  isKept = true;

  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    super();
    this.draft = draft;
    window.addEventListener("online", () => this.#pause.end());
    window.addEventListener("sessionresume", () => this.#steps.length && this.#changed());
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
    return this.#undone.length > 0;
  }

  /** Is an edit of a kind on its way? @param {Edit["kind"]} kind */
  isSending(kind) {
    return this.#steps.some(({ edit }) => edit.kind === kind);
  }

  /** The newest edit of a kind that is not stored yet. @param {Edit["kind"]} kind @returns {Edit|undefined} */
  latest(kind) {
    return this.#steps.findLast(({ edit }) => edit.kind === kind)?.edit;
  }

  /** Is an undo or redo on its way? */
  get isUndoing() {
    return this.isSending("undo") || this.isSending("redo");
  }

  /** Has a slice an edit that only a model can answer, which cannot be asked now? */
  isWaitingForModel(slice) {
    const asks = ({ edit }) => answeredByModel.has(edit.kind) && (!edit.sop_instance_uid || isSameSlice(edit, slice));
    return ["offline", "ended"].includes(this.state) && this.#steps.some(asks);
  }

  /** The edit on its way to the server, if any. */
  get sending() {
    return this.#steps[0]?.edit ?? null;
  }

  /** The reading is open: send what pages that are gone have left of it, now and whenever another one goes. */
  open() {
    const unsent = new Unsent(this.draft.reading.id, newClientId());
    this.#unsent = unsent;
    const recover = () => {
      const { steps, aside } = unsent.recover();
      if (steps.length) this.#emit("recovered", { count: steps.length });
      this.#steps.push(...steps);
      for (const step of aside) this.#setAside(step, step.refusal ?? null);
      if (steps.length + aside.length) this.#changed();
    };
    recover();
    setInterval(recover, recover_ms);
  }

  /** @param {Edit} edit */
  add(edit) {
    if (this.#isClosed()) return;
    this.#undone = [];
    this.#push(edit);
  }

  /** @param {boolean} [isQuiet] is nothing to be said of it? */
  undo(isQuiet = false) {
    if (this.#isClosed()) return undefined;
    const last = this.#steps.at(-1);
    if (!last || last.body || last.edit.kind in opposite) {
      if (this.canRedo) this.#undone.push(null);
      if (last && isQuiet) last.isTakenBack = true;
      return this.#push({ kind: "undo" }, isQuiet);
    }
    this.#steps.pop();
    this.#undone.push(last);
    this.#changed();
    return isQuiet || this.#emit("undone", last);
  }

  redo() {
    if (this.#isClosed()) return undefined;
    const step = this.#undone.pop();
    if (!step) return this.#push({ kind: "redo" });
    this.#push(step.edit);
    return this.#emit("redone", step);
  }

  /** Go so many steps of the stored history back or on. @param {"undo"|"redo"} kind @param {number} steps */
  goBy(kind, steps) {
    if (this.#isClosed()) return;
    this.#undone = [];
    for (let step = 0; step < steps; step++) this.#push({ kind });
  }

  /** Put an edit over what collided with it, or try it once more. @param {Step} step */
  sendAgain(step) {
    this.discard(step);
    this.#push(step.edit);
  }

  /** @param {Step} step that the reader does without */
  discard(step) {
    this.#aside = this.#aside.filter((each) => each !== step);
    this.#changed();
  }

  #isClosed() {
    if (this.draft.isSigned) this.#emit("closed", null);
    return this.draft.isSigned;
  }

  #push(edit, isQuiet = false) {
    this.#steps.push({ edit, reader: readerName(), body: null, version: this.#versionFor(edit), isQuiet });
    this.#changed();
  }

  /** What is done behind other edits is done on what they leave: that is known when they are stored. */
  #versionFor(edit) {
    const slice = sliceOf(edit);
    if (!slice) return this.#steps.length ? unknown_version : this.draft.revision;
    const before = this.#steps.findLast((step) => isSameSlice(step.edit, edit));
    return before?.version ?? this.draft.version(slice);
  }

  #changed() {
    this.isKept = this.#unsent?.keep({ steps: this.#steps, aside: this.#aside }) ?? true;
    this.draft.showUnsent(this.#steps.filter(({ isTakenBack }) => !isTakenBack).map(({ edit }) => edit));
    this.dispatchEvent(new Event("change"));
    if (!this.#isRunning && this.#steps.length) void this.#send();
  }

  async #send() {
    this.#isRunning = true;
    for (let failures = 0; this.#steps.length; ) {
      if (session.isEnded) return this.#wait();
      if (!failures) this.#setState("saving");
      try {
        await this.#sendFirst();
        failures = 0;
      } catch (error) {
        if (error instanceof Problem && error.isSignedOut) return this.#wait();
        failures += 1;
        const isLost = error instanceof Unreachable || (error instanceof Problem && error.isOnTheWay);
        const mayPass = error instanceof Problem && error.isPassing && failures < most_failures;
        if (isLost || mayPass) {
          this.#setState(isLost ? "offline" : "failing");
          await this.#pause.wait(pauses_ms[Math.min(failures, pauses_ms.length) - 1]);
        } else {
          this.#giveUp(error instanceof Error ? error.message : String(error));
          failures = 0;
        }
      }
    }
    this.#isRunning = false;
    this.#setState("saved");
    this.dispatchEvent(new Event("saved"));
  }

  /** Until somebody signs in as the same person: nothing is asked meanwhile, and nothing given up. */
  #wait() {
    this.#isRunning = false;
    this.#setState("ended");
  }

  async #sendFirst() {
    const step = this.#steps[0];
    const { edit, version } = step;
    const slice = sliceOf(edit);
    if (!step.body) {
      if (version !== (slice ? this.draft.version(slice) : this.draft.revision)) return this.#giveUp(null);
      this.#before = slice && this.draft.stored(slice);
      const made = this.#before ? toSend(edit, this.#before) : edit;
      step.body = { client_id: newClientId(), expected_revision: this.draft.revision, ...made };
      this.#changed();
    }
    let answer;
    try {
      const { reading } = this.draft;
      if (edit.kind === "import") answer = await sendImport(reading, step.body, step.reader);
      else answer = await sendEdit(reading.id, step.body, step.reader);
    } catch (error) {
      if (!(error instanceof Problem && error.isStale)) throw error;
      // Another window was faster. Where nothing collides the edit is made again on what is stored now.
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
    this.#emit("stored", { edit: step.edit, answer, isQuiet: step.isQuiet, before: this.#before });
    this.#before = null;
  }

  /** The first step is not stored: an undo that was meant for it goes with it. @param {string|null} message */
  #giveUp(message) {
    const step = this.#steps[0];
    this.#before = null;
    this.#steps.shift();
    const next = this.#steps[0]?.edit.kind;
    if (message !== null)
      for (const later of this.#steps)
        if (!later.edit.sop_instance_uid) later.version = step.body?.expected_revision ?? unknown_version;
    if (next === (opposite[step.edit.kind] ?? "undo")) this.#steps.shift();
    else if (step.edit.sop_instance_uid) this.#setAside(step, message);
    else this.#emit("dropped", { edit: step.edit, message });
    this.#changed();
  }

  #setAside(step, message) {
    Object.assign(step, { body: null, refusal: message });
    this.#aside.push(step);
    this.#emit("aside", step);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
