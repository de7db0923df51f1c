/** Deleting a study, or its patient, for good: said twice, by choosing it and by typing whom it is of. */

import { deleteStudy, getDeletion, newClientId } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { counted, day, personName } from "../common/format.js";

/** @typedef {import("../common/types.js").Study} Study @typedef {import("../common/types.js").Schemas["Deletion"]} Deletion */

const asked_again_ms = 1000;

/** @type {Record<import("../common/types.js").Schemas["DeletionReason"], string>} */
const reasonNames = {
  patient_asked: "The patient asked for it",
  consent_withdrawn: "Consent was withdrawn",
  wrong_patient: "It is of the wrong patient",
  study_ended: "The study that it was for has ended",
  retention_ended: "The time of keeping is over",
  other: "Another reason",
};

/** @param {Study} study what has to be typed, as the server asks for it @returns {[string, string]} and its name */
export function confirmationOf({ patient, study_instance_uid }) {
  if (patient.id.trim()) return [patient.id.trim(), "patient’s ID"];
  if (patient.name.trim()) return [patient.name.trim(), "patient’s name as it is stored"];
  return [study_instance_uid, "study’s UID"];
}

/** @param {Deletion} record what became of it, in words */
export function deletionText({ counts, done_at, waits_because, left_because, sent_to }) {
  const left = left_because.map((because) => ` ${because}`).join("");
  if (!done_at) return (waits_because ? `It waits: ${waits_because} Then it goes on.` : "It goes on by itself.") + left;
  const parts = [counted(counts.studies ?? 0, "study", "studies"), counted(counts.readings ?? 0, "reading")];
  const copies = sent_to.length ? ` Results were sent to ${sent_to.join(", ")}: delete the copies there.` : "";
  return `Deleted for good: ${parts.join(", ")}.${copies}${left}`;
}

export class DeletionDialog {
  /** @type {Study|null} */
  #study = null;
  #clientId = "";

  /** @param {(text: string) => void} tell @param {() => Promise<void>} reload */
  constructor(tell, reload) {
    this.tell = tell;
    this.reload = reload;
    this.dialog = byId("deletion", HTMLDialogElement);
    this.typed = byId("deletion-typed", HTMLInputElement);
    this.button = byId("deletion-delete", HTMLButtonElement);
    this.reason = byId("deletion-reason", HTMLSelectElement);
    this.whole = byId("deletion-whole", HTMLInputElement);
    this.signed = byId("deletion-signed", HTMLInputElement);
    const options = Object.entries(reasonNames).map(([value, text]) => element("option", { value }, text));
    this.reason.replaceChildren(...options);
    for (const each of [this.typed, this.whole, this.signed]) each.addEventListener("input", () => this.#check());
    byId("deletion-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.button.disabled) void this.#delete();
    });
  }

  /** @param {Study} study one that is off the worklist */
  open(study) {
    this.#study = study;
    this.#clientId = newClientId();
    const { patient, study_date, stacks } = study;
    const isSigned = stacks.some(({ reading }) => reading?.signature || (reading?.version ?? 1) > 1);
    const [, what] = confirmationOf(study);
    byId("deletion-of").textContent =
      `${personName(patient.name)}, ${patient.id || "no ID"}, study of ${day(study_date)}`;
    byId("deletion-what").textContent = `Type the ${what} to confirm`;
    byId("deletion-signed-row").hidden = !isSigned;
    byId("deletion-whole-row").hidden = !patient.id.trim();
    byId("deletion-error").textContent = "";
    this.typed.value = "";
    this.whole.checked = this.signed.checked = false;
    this.#check();
    this.dialog.showModal();
    this.typed.focus();
  }

  #check() {
    this.button.disabled = !this.#study || this.typed.value.trim() !== confirmationOf(this.#study)[0];
    this.button.textContent = this.whole.checked ? "Delete the patient" : "Delete the study";
  }

  async #delete() {
    const study = /** @type {Study} */ (this.#study);
    this.button.disabled = true;
    try {
      const record = await deleteStudy(study.study_instance_uid, {
        client_id: this.#clientId,
        confirmation: this.typed.value,
        reason: this.reason.value,
        whole_patient: this.whole.checked,
        although_signed: this.signed.checked,
      });
      this.dialog.close();
      await this.#follow(record);
    } catch (error) {
      byId("deletion-error").textContent = error.message;
      byId("deletion-signed-row").hidden = false;
      this.#check();
    }
  }

  /** Tell what becomes of it until it is done, or waits. @param {Deletion} record */
  async #follow(record) {
    this.tell(deletionText(record));
    while (!record.done_at && !record.waits_because) {
      await new Promise((resume) => setTimeout(resume, asked_again_ms));
      try {
        record = await getDeletion(record.id);
      } catch {
        break;
      }
    }
    this.tell(deletionText(record));
    await this.reload();
  }
}
