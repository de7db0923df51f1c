/**
 * What the reader did, on its way to the server: one edit at a time, in order, kept until it is stored, also while
 * there is no connection. Undo and redo are edits as well, so they take their turn behind what was drawn before them.
 */

import { Problem, Unreachable, getReading, newClientId, sendEdit } from "./api.js";
import { keyOf } from "./draft.js";
import { Unsent } from "./unsent.js";

/**
 * @typedef {import("./shapes.js").Edit} Edit
 * @typedef {object} Step
 * @property {Edit} edit
 * @property {object|null} body as it was sent; sent again after a lost answer, it must be the same to the letter
 * @property {string|number} version of what it was made on
 */

const pauses_ms = [500, 1000, 2000, 4000, 8000];
const asked = new Set(["prompt", "propose"]);
const drawn = new Set(["prompt", "clear"]);
const isSameSlice = (a, b) => Boolean(a.sop_instance_uid && b.sop_instance_uid) && keyOf(a) === keyOf(b);

/**
 * Events: "saving" (the state or what is not saved changed), "saved" (nothing is left), "stored" (detail: edit, answer),
 * "refused" (detail: edit, message), "conflict" (detail: edit).
 */
export class Outbox extends EventTarget {
  /** @type {Step[]} the first one is being sent */
  #steps = [];
  #running = false;
  #wake = () => {};
  #unsent;

  /** @type {"saved"|"saving"|"retrying"} */
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

  get hasUnsaved() {
    return this.#steps.length > 0;
  }

  get unsavedCount() {
    return this.#steps.length;
  }

  /** Has a slice an edit that only a model can answer, which cannot be asked now? */
  isWaitingForModel(slice) {
    const asks = ({ edit }) =>
      asked.has(edit.kind) && (!edit.sop_instance_uid || isSameSlice(edit, slice));
    return this.state === "retrying" && this.#steps.some(asks);
  }

  /** The edit on its way to the server, if any. */
  get sending() {
    return this.#steps[0]?.edit ?? null;
  }

  /** @returns {Edit[]} what earlier pages could not send, now sent by this one */
  resume() {
    const left = this.#unsent.adopt();
    this.#steps.push(...left);
    this.#keep();
    if (left.length && !this.#running) void this.#send();
    return left.map(({ edit }) => edit);
  }

  /** @param {Edit} edit */
  add(edit) {
    const last = this.#steps.at(-1);
    const waits = last && !last.body;
    // A newer gesture on the same slice stands for the one that has not left yet.
    if (waits && drawn.has(edit.kind) && drawn.has(last.edit.kind) && isSameSlice(edit, last.edit))
      last.edit = edit;
    else this.#steps.push({ edit, body: null, version: this.#versionFor(edit) });
    this.#keep();
    if (!this.#running) void this.#send();
  }

  /** The version that an edit is made on: its slice's, or the whole reading's for undo, redo and stack proposals. */
  #versionFor(edit) {
    const before = this.#steps.findLast((step) => !edit.sop_instance_uid || isSameSlice(step.edit, edit));
    if (before) return before.version;
    return edit.sop_instance_uid ? this.draft.version(edit) : this.draft.revision;
  }

  #keep() {
    this.isKept = this.#unsent.keep(this.#steps);
    this.dispatchEvent(new Event("saving"));
  }

  async #send() {
    this.#running = true;
    for (let failures = 0; this.#steps.length;) {
      this.#tell(failures ? "retrying" : "saving");
      try {
        await this.#sendFirst();
        failures = 0;
      } catch (error) {
        const passing = error instanceof Unreachable || (error instanceof Problem && error.isPassing);
        if (!passing) {
          this.#refused(error);
          failures = 0;
          continue;
        }
        if (error instanceof Problem) this.#announce("refused", { edit: this.sending, message: error.message });
        this.#tell("retrying");
        await this.#pause(pauses_ms[Math.min(failures++, pauses_ms.length - 1)]);
      }
    }
    this.#running = false;
    this.#tell("saved");
    this.dispatchEvent(new Event("saved"));
  }

  async #sendFirst() {
    const step = this.#steps[0];
    if (!step.body) {
      if (!this.#isCurrent(step)) return this.#overtaken(step);
      step.body = { client_id: newClientId(), expected_revision: this.draft.revision, ...step.edit };
      this.#keep();
    }
    let answer;
    try {
      answer = await sendEdit(this.draft.reading.id, step.body);
    } catch (error) {
      if (!(error instanceof Problem && error.isStale)) throw error;
      // Somebody else was faster. Where nothing collides it is sent again on what is stored now.
      step.body = null;
      return this.draft.take(await getReading(this.draft.reading.id));
    }
    this.#stored(step, answer);
  }

  #isCurrent({ edit, version }) {
    return version === (edit.sop_instance_uid ? this.draft.version(edit) : this.draft.revision);
  }

  #stored(step, answer) {
    this.#steps.shift();
    this.draft.take(answer);
    // What waits behind it was done on what it left.
    for (const later of this.#steps) {
      if (later.body) continue;
      if (!later.edit.sop_instance_uid) later.version = answer.revision;
      else if (!step.edit.sop_instance_uid || isSameSlice(later.edit, step.edit))
        later.version = this.draft.version(later.edit);
    }
    this.#keep();
    this.#settle(step.edit);
    this.#announce("stored", { edit: step.edit, answer });
  }

  /** What was done stands on something that was changed elsewhere: what is stored stays, and the reader decides. */
  #overtaken({ edit }) {
    this.#drop();
    this.#announce("conflict", { edit });
  }

  #refused(error) {
    const { edit } = this.#drop();
    this.#announce("refused", { edit, message: error.message });
  }

  #drop() {
    const step = this.#steps.shift();
    this.#keep();
    this.#settle(step.edit);
    return step;
  }

  #announce(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #settle(edit) {
    if (edit.sop_instance_uid && !this.#steps.some((step) => isSameSlice(step.edit, edit)))
      this.draft.settle(edit);
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
