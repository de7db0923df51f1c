/** Whether models may learn from a study: asked in a dialog, as a withdrawal is for good. */

import { putTrainingConsent } from "../common/api.js";
import { byId } from "../common/dom.js";
import { ago, day, personName, readerShown } from "../common/format.js";

/** @typedef {import("../common/types.js").Study} Study @typedef {Study["training_consent"]} Consent */

/** @type {Record<Consent["state"], string>} */
const stateNames = { not_asked: "not asked", given: "given", withdrawn: "withdrawn" };

/** @param {Consent} consent in a few words, nothing where nobody was asked */
export const consentText = ({ state }) => (state === "not_asked" ? "" : `consent to training ${stateNames[state]}`);

/** @param {Consent} consent with who said so and when */
function saidText({ state, author, at }) {
  if (!author || !at) return "Nobody has said anything yet.";
  return `It is ${stateNames[state]}, as ${readerShown(author)} said ${ago(at)}.`;
}

export class ConsentDialog {
  /** @type {Study|null} */
  #study = null;

  /** @param {(text: string) => void} tell @param {() => Promise<void>} reload */
  constructor(tell, reload) {
    this.tell = tell;
    this.reload = reload;
    this.dialog = byId("consent", HTMLDialogElement);
    this.button = byId("consent-save", HTMLButtonElement);
    byId("consent-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("input", () => this.#check());
    this.dialog.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.button.disabled) void this.#save();
    });
  }

  /** @param {Study} study */
  open(study) {
    this.#study = study;
    const { patient, study_date, training_consent } = study;
    const of = [personName(patient.name), patient.id || "no ID", `study of ${day(study_date)}`];
    byId("consent-of").textContent = of.join(", ");
    byId("consent-said").textContent = saidText(training_consent);
    byId("consent-error").textContent = "";
    for (const choice of this.#choices) {
      choice.checked = choice.value === training_consent.state;
      choice.disabled = training_consent.state === "withdrawn";
    }
    this.#check();
    this.dialog.showModal();
  }

  /** @returns {HTMLInputElement[]} */
  get #choices() {
    return [...this.dialog.querySelectorAll("input")];
  }

  get #chosen() {
    return /** @type {Consent["state"]} */ (this.#choices.find((choice) => choice.checked)?.value);
  }

  #check() {
    this.button.disabled = this.#chosen === this.#study?.training_consent.state;
    this.button.textContent = this.#chosen === "withdrawn" ? "Withdraw for good" : "Save";
  }

  async #save() {
    const { study_instance_uid, patient } = /** @type {Study} */ (this.#study);
    const state = this.#chosen;
    this.button.disabled = true;
    try {
      await putTrainingConsent(study_instance_uid, state);
      this.dialog.close();
      this.tell(`The consent to train on the study of ${personName(patient.name)} is ${stateNames[state]}.`);
      await this.reload();
    } catch (error) {
      byId("consent-error").textContent = error.message;
      this.#check();
    }
  }
}
