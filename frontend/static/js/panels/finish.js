/** The finish line: how many slices are decided, which are left, and at the end signing and the way to the next patient. */

import { listAllStudies } from "../common/api.js";
import { buttonsOf, find } from "../common/dom.js";
import { grams, plusMinus } from "../common/format.js";
import { session } from "../common/session.js";
import { showMessage, withdrawMessage } from "../common/status.js";
import { keptSorting, nextUndone, sorted } from "../worklist/order.js";
import { assignmentOf, goToNext } from "./assignment.js";

/** @typedef {import("../reading/actions.js").Actions} Actions @typedef {import("../reading/outbox.js").Outbox} Outbox */

/** What messages are about that say whether all slices are decided. */
export const decided = "decided";

/** Events: "sign" (the reader wants to). */
export class FinishLine extends EventTarget {
  #isLeaving = false;
  #wasDone = false;

  /**
   * @param {string} stackId @param {Actions} actions @param {Outbox} outbox
   * @param {import("../reading/spread.js").Spread} spread
   */
  constructor(stackId, actions, outbox, spread) {
    super();
    this.stackId = stackId;
    this.actions = actions;
    this.outbox = outbox;
    this.spread = spread;
    const sign = { about: decided, action: "Sign and next patient", act: () => this.dispatchEvent(new Event("sign")) };
    const next = { about: decided, action: "Next patient", act: () => void this.next() };
    actions.addEventListener("finished", () =>
      showMessage(`${this.#decided}: all slices are decided, ${this.mass}.`, session.may("sign") ? sign : next),
    );
  }

  get #decided() {
    const { length } = this.actions.slices;
    return `${length - this.actions.undecided.length} of ${length}`;
  }

  /** What the scar weighs by the site's extent, and how far it may lie off. */
  get mass() {
    const { totals, mass_extent } = this.actions.draft.reading;
    const by = /** @type {const} */ (`by_${mass_extent}`);
    return `${grams(totals[by])} g ${plusMinus(this.spread.mass?.[by])}`.trim();
  }

  show() {
    const { draft, undecided } = this.actions;
    if (!draft.isOpen) return;
    const isDone = !undecided.length;
    document.body.classList.toggle("finished", isDone);
    if (this.#wasDone && !isDone) withdrawMessage(decided);
    this.#wasDone = isDone;
    for (const place of document.querySelectorAll("[data-finish=decided]")) place.textContent = this.#decided;
    const left = `left: ${undecided.map((index) => index + 1).join(", ")}`;
    const place = find("[data-finish=left]");
    place.textContent = isDone ? "all decided" : left;
    place.title = isDone ? "" : `Slices nobody has decided on yet: ${left.slice(6)}`;
    for (const button of buttonsOf("undecided")) button.disabled = isDone;
  }

  /** Open the next patient who is not done, of the worklist or the reader study, once all is stored. */
  async next() {
    if (this.#isLeaving) return;
    const assignment = assignmentOf(this.actions.draft);
    if (assignment && !this.actions.draft.isSigned) {
      const who = session.may("sign") ? "" : ", by somebody with the permission to sign";
      showMessage(`A reader study is read in its order: the next patient comes when this one is signed${who}.`);
      return;
    }
    this.#isLeaving = true;
    try {
      if (this.outbox.hasUnsaved) {
        showMessage("The next patient is opened as soon as all changes are saved.");
        await new Promise((saved) => this.outbox.addEventListener("saved", saved, { once: true }));
      }
      const stackId = assignment ? null : nextUndone(sorted(await listAllStudies(), keptSorting()), this.stackId);
      if (assignment) await goToNext(assignment);
      else if (stackId) location.assign(`/stacks/${encodeURIComponent(stackId)}`);
      else showMessage("No other patient of the worklist is left to be read.", { action: "Worklist", act: toWorklist });
    } catch (error) {
      showMessage(`The next patient cannot be found: ${error.message}`);
    }
    this.#isLeaving = false;
  }
}

const toWorklist = () => location.assign("/");
