/** The finish line: how many slices are decided, which are left, and at the end signing and the way to the next patient. */

import { listStudies } from "../common/api.js";
import { buttonsOf, find } from "../common/dom.js";
import { grams, plusMinus } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { keptSorting, nextUndone, sorted } from "../worklist/order.js";

/** @typedef {import("../reading/actions.js").Actions} Actions @typedef {import("../reading/outbox.js").Outbox} Outbox */

/** Events: "sign" (the reader wants to). */
export class FinishLine extends EventTarget {
  #isLeaving = false;

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
    actions.addEventListener("finished", () =>
      showMessage(`${this.#decided}: all slices are decided, ${this.mass}.`, {
        action: "Sign and next patient",
        act: () => this.dispatchEvent(new Event("sign")),
      }),
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
    for (const place of document.querySelectorAll("[data-finish=decided]")) place.textContent = this.#decided;
    const left = `left: ${undecided.map((index) => index + 1).join(", ")}`;
    const place = find("[data-finish=left]");
    place.textContent = isDone ? "all decided" : left;
    place.title = isDone ? "" : `Slices nobody has decided on yet: ${left.slice(6)}`;
    for (const button of buttonsOf("undecided")) button.disabled = isDone;
  }

  /** Open the next patient of the worklist who is not done, once all that was done here is stored. */
  async next() {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    try {
      if (this.outbox.hasUnsaved) {
        showMessage("The next patient is opened as soon as all changes are saved.");
        await new Promise((saved) => this.outbox.addEventListener("saved", saved, { once: true }));
      }
      const stackId = nextUndone(sorted(await allStudies(), keptSorting()), this.stackId);
      if (stackId) location.assign(`/stacks/${encodeURIComponent(stackId)}`);
      else showMessage("No other patient of the worklist is left to be read.", { action: "Worklist", act: toWorklist });
    } catch (error) {
      showMessage(`The next patient cannot be found: ${error.message}`);
    }
    this.#isLeaving = false;
  }
}

const toWorklist = () => location.assign("/");

async function allStudies() {
  const all = [];
  let cursor = null;
  do {
    const { studies, next_cursor } = await listStudies(cursor);
    all.push(...studies);
    cursor = next_cursor;
  } while (cursor);
  return all;
}
