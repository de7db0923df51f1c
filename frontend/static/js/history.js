/**
 * What the reader did, on its way to the server: one edit at a time, in order, kept until it is stored.
 * Undo and redo are edits as well, so they take their turn behind what was drawn before them.
 */

import { Problem, Unreachable, getReading, newClientId, sendEdit } from "./api.js";
import { keyOf } from "./draft.js";

/** @typedef {import("./shapes.js").Edit} Edit @typedef {{edit: Edit, body: object|null}} Step */

const pauses_ms = [500, 1000, 2000, 4000, 8000];
const drawn = new Set(["prompt", "clear"]);
const isSameSlice = (a, b) => Boolean(a.sop_instance_uid && b.sop_instance_uid) && keyOf(a) === keyOf(b);

/**
 * Events: "saving" (the state changed), "saved" (nothing is left), "stored" (detail: edit, answer),
 * "refused" (detail: edit, message).
 */
export class History extends EventTarget {
  /** @type {Step[]} the first one is being sent */
  #steps = [];
  #running = false;
  #wake = () => {};

  /** @type {"saved"|"saving"|"retrying"} */
  state = "saved";

  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    super();
    this.draft = draft;
    window.addEventListener("online", () => this.#wake());
  }

  get hasUnsaved() {
    return this.#steps.length > 0;
  }

  /** The edit on its way to the server, if any. */
  get sending() {
    return this.#steps[0]?.edit ?? null;
  }

  /** @param {Edit} edit */
  add(edit) {
    const last = this.#steps.at(-1);
    const waits = last && !last.body;
    // A newer gesture on the same slice stands for the one that has not left yet.
    if (waits && drawn.has(edit.kind) && drawn.has(last.edit.kind) && isSameSlice(edit, last.edit))
      last.edit = edit;
    else this.#steps.push({ edit, body: null });
    if (!this.#running) void this.#send();
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
        if (error instanceof Problem) this.#announce(this.sending, error.message);
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
    // A body is made once: sent again after a lost answer, it must be the same to the letter.
    step.body ??= { client_id: newClientId(), expected_revision: this.draft.revision, ...step.edit };
    let answer;
    try {
      answer = await sendEdit(this.draft.reading.id, step.body);
    } catch (error) {
      if (!(error instanceof Problem && error.isStale)) throw error;
      await this.#overtaken();
      return;
    }
    this.#steps.shift();
    this.draft.answered(answer);
    this.#settle(step.edit);
    this.dispatchEvent(new CustomEvent("stored", { detail: { edit: step.edit, answer } }));
  }

  /** The reading was edited elsewhere: show what is stored, and say that the rest was not kept. */
  async #overtaken() {
    this.draft.adopt(await getReading(this.draft.reading.id));
    const dropped = this.#steps.splice(0).map(({ edit }) => edit);
    for (const edit of dropped) this.#settle(edit);
    this.#announce(
      dropped[0],
      "This reading was changed in another window. It now shows what is stored there; your last change was not kept.",
    );
  }

  #refused(error) {
    const { edit } = this.#steps.shift();
    this.#settle(edit);
    this.#announce(edit, error.message);
  }

  #announce(edit, message) {
    this.dispatchEvent(new CustomEvent("refused", { detail: { edit, message } }));
  }

  #settle(edit) {
    if (!edit.sop_instance_uid) return;
    if (!this.#steps.some((step) => drawn.has(step.edit.kind) && isSameSlice(step.edit, edit)))
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
