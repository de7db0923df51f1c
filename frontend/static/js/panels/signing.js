/** Signing and amending, each after a second word; and what a signed reading says of itself. */

import { amendReading, newClientId, readerName, signReading } from "../common/api.js";
import { byId, find } from "../common/dom.js";
import { counted, dayAndTimeOf, patternText, personName, readerShown } from "../common/format.js";
import { untilAnswered } from "../common/retry.js";
import { session } from "../common/session.js";
import { hideProgress, showMessage, showProgress, withdrawMessage } from "../common/status.js";
import { pathOf } from "../reading/opening.js";
import { decided } from "./finish.js";
import { sentAt } from "./sent.js";

/** @typedef {import("../reading/actions.js").Actions} Actions @typedef {import("../reading/outbox.js").Outbox} Outbox */
/** @typedef {import("../common/types.js").Reading} Reading */

export class Signing {
  #isSending = false;
  #isWaiting = false;

  /**
   * @param {import("../common/types.js").Stack} stack @param {Actions} actions @param {Outbox} outbox
   * @param {import("../reading/clock.js").Clock} clock @param {import("./finish.js").FinishLine} finish
   */
  constructor(stack, actions, outbox, clock, finish) {
    this.stack = stack;
    this.actions = actions;
    this.draft = actions.draft;
    this.outbox = outbox;
    this.clock = clock;
    this.finish = finish;
    this.sent = sentAt("[data-signed=sent]", true);
    outbox.addEventListener("closed", () => this.sayClosed());
    finish.addEventListener("sign", () => void this.sign());
  }

  /** A signed reading takes no edit. */
  sayClosed() {
    if (!session.may("sign")) {
      showMessage("This reading is signed and stays as it is.");
      return;
    }
    showMessage("This reading is signed and stays as it is: amend it to change it.", {
      action: "Amend",
      act: () => this.amend(),
    });
  }

  /** Sign what is stored, and go on to the next patient. */
  async sign() {
    if (!this.draft.isOpen || this.#isSending) return;
    if (this.draft.isSigned) return showMessage("This reading is signed already.");
    if (!session.may("sign")) return showMessage("Not signed: this needs the permission to sign.");
    const left = this.actions.undecided.map((index) => index + 1);
    const why = `${counted(left.length, "slice")} left, ${left.join(", ")}`;
    if (left.length) return showMessage(`Not signed: ${why}.`, { about: decided });
    withdrawMessage(decided);
    if (this.outbox.asideCount) return showMessage("Not signed: a change of yours waits for your decision.");
    if (this.outbox.hasUnsaved) {
      showMessage("It can be signed as soon as all changes are saved.");
      if (this.#isWaiting) return undefined;
      this.#isWaiting = true;
      await new Promise((saved) => this.outbox.addEventListener("saved", saved, { once: true }));
      this.#isWaiting = false;
      if (this.actions.undecided.length || this.outbox.asideCount) return undefined;
    }
    const { revision } = this.draft;
    const who = readerName() || "a reader without a name";
    const what = `${personName(this.stack.patient.name)}, ${this.finish.mass}`;
    const text = `Sign as ${who}: ${what}.${this.#contradiction()} Press again to sign.`;
    this.actions.twice(`sign ${revision}`, text, () => void this.#sign(revision), "Sign and next patient");
    return undefined;
  }

  /** What the reader stated of an enhancement that is nowhere outlined. */
  #contradiction() {
    const { pattern, slices } = this.draft.reading;
    if (!pattern || slices.some(({ segments }) => segments.scar?.area_mm2)) return "";
    return ` No scar is outlined, and its pattern is stated: ${patternText(pattern)}.`;
  }

  async #sign(revision) {
    await this.clock.flush();
    const signed = await this.#send(signReading, "sign", revision);
    if (!signed) return;
    this.draft.take(signed);
    await this.finish.next();
  }

  /** A new draft on top of the signed reading; where there is one already, that one. */
  amend() {
    if (!this.draft.isOpen || this.#isSending) return;
    const { state, replaced_by, revision } = this.draft.reading;
    if (replaced_by) location.assign(pathOf(this.stack.stack_id, replaced_by));
    else if (state !== "signed") showMessage("This reading is not signed: it can be changed as it is.");
    else if (!session.may("sign")) showMessage("Not amended: this needs the permission to sign.");
    else {
      const text = "Amend: a new draft begins from here, and what is signed stays. Press again to amend.";
      this.actions.twice(`amend ${revision}`, text, () => void this.#amend(revision), "Amend");
    }
  }

  async #amend(revision) {
    const draft = await this.#send(amendReading, "amend", revision);
    if (draft) location.assign(pathOf(this.stack.stack_id, draft.id));
  }

  /**
   * Sent again after a lost answer, it is the same request.
   * @param {(id: string, body: object) => Promise<Reading>} send @param {string} what @param {number} revision
   */
  async #send(send, what, revision) {
    const { id } = this.draft.reading;
    const body = { client_id: newClientId(), expected_revision: revision };
    this.#isSending = true;
    try {
      return await untilAnswered(
        () => send(id, body),
        () => showProgress("The server cannot be reached, trying again"),
      );
    } catch (error) {
      showMessage(`Not done (${what}): ${error.message}`, { stays: true });
      return null;
    } finally {
      this.#isSending = false;
      hideProgress();
    }
  }

  /** Who signed it and when, and whether its result has been written. */
  show() {
    const { isSigned } = this.draft;
    document.body.classList.toggle("signed", isSigned);
    byId("signed").hidden = !isSigned;
    this.sent.follow(isSigned && !this.draft.reading.assignment ? this.draft.reading.id : null);
    if (!isSigned) return;
    const { signature, version, replaced_by } = this.draft.reading;
    const by = signature
      ? `Signed by ${readerShown(signature.reader)} on ${dayAndTimeOf(signature.signed_at)}`
      : "Signed";
    find("[data-signed=by]").textContent = version > 1 ? `${by} · version ${version}` : by;
    find("[data-signed=result]").textContent = resultText(this.draft.reading.delivery);
    find("[data-signed=amend]").textContent = replaced_by ? "Newer version" : "Amend";
  }
}

/** @param {import("../common/types.js").Schemas["Delivery"]|null} delivery */
function resultText(delivery) {
  if (!delivery) return "";
  if (delivery.is_written) return "Result written";
  return delivery.reason ? `Result waits: ${delivery.reason}` : "Result is being written";
}
