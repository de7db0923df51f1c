/** A patient found in a peer, and the study fetched, its progress shown where it was asked for. */

import { fetchStudy, findStudies, newClientId } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { counted, day } from "../common/format.js";
import { patientText, progressText } from "../pacs/words.js";

/** @typedef {import("../common/types.js").Schemas["FoundStudy"]} FoundStudy */
/** @typedef {import("../common/types.js").Schemas["Transfer"]} Transfer */

export class Finding {
  /** @type {Map<string, {cell: HTMLElement, peer: string}>} the rows that are shown, by study */
  #rows = new Map();
  #asked = 0;

  /** @param {(text: string) => void} fail @param {() => void} onFetch something is under way */
  constructor(fail, onFetch) {
    this.form = byId("search", HTMLFormElement);
    this.fail = fail;
    this.onFetch = onFetch;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#find();
    });
  }

  /** @param {import("../common/types.js").Schemas["Peer"][]} peers */
  offer(peers) {
    const options = peers.map(({ name }) => element("option", { value: name }, name));
    find("select", this.form).replaceChildren(...options);
  }

  focus() {
    find("[name=patient_name]", this.form).focus();
  }

  async #find() {
    const fields = new FormData(this.form);
    const text = (name) => String(fields.get(name) ?? "").trim();
    const [from, to] = ["from", "to"].map((name) => text(name).replaceAll("-", ""));
    const study_date = from && from === to ? from : from || to ? `${from}-${to}` : "";
    const query = { study_date };
    for (const name of ["peer", "patient_name", "patient_id", "accession_number"]) query[name] = text(name);
    query.modality = text("modality").toUpperCase();
    const asked = ++this.#asked;
    byId("found-text").textContent = `Asking ${query.peer}…`;
    this.fail("");
    try {
      const { studies } = await findStudies(query);
      if (asked === this.#asked) this.#show(query.peer, studies);
    } catch (error) {
      if (asked !== this.#asked) return;
      byId("found-text").textContent = "";
      this.fail(`Not found out: ${error.message}`);
    }
  }

  /** @param {string} peer @param {FoundStudy[]} studies */
  #show(peer, studies) {
    this.#rows.clear();
    const rows = studies.map((study) => this.#row(peer, study));
    find("tbody", byId("found")).replaceChildren(...rows);
    byId("found").hidden = !rows.length;
    const most = rows.length >= 100 ? ": the first that it told; search for less" : "";
    byId("found-text").textContent = rows.length
      ? `${peer} has ${counted(rows.length, "study", "studies")}${most}.`
      : `${peer} has no study that matches.`;
  }

  #row(peer, study) {
    const { name, about } = patientText(study.patient, null);
    const cell = element("td");
    this.#rows.set(study.study_instance_uid, { cell, peer });
    const button = element("button", { type: "button" }, study.is_stored ? "Fetch again" : "Fetch");
    button.setAttribute("aria-label", `${button.textContent} the study of ${name}, ${day(study.study_date)}`);
    button.addEventListener("click", () => void this.#fetch(peer, study, cell));
    const here = study.is_stored ? [element("a", { href: "/" }, "On the worklist"), " "] : [];
    cell.append(...here, button);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name, element("small", {}, about)),
      element("td", {}, day(study.study_date), element("small", {}, study.study_description)),
      element("td", {}, study.accession_number || "–"),
      element("td", { class: "figure" }, study.number_of_instances === null ? "–" : String(study.number_of_instances)),
      cell,
    );
  }

  async #fetch(peer, study, cell) {
    const { study_instance_uid } = study;
    for (const button of cell.querySelectorAll("button")) button.disabled = true;
    try {
      const transfer = await fetchStudy({ client_id: newClientId(), peer, study_instance_uid });
      this.take([transfer]);
      this.onFetch();
    } catch (error) {
      for (const button of cell.querySelectorAll("button")) button.disabled = false;
      this.fail(`Not fetched: ${error.message}`);
    }
  }

  /** Progress of what was fetched, told in its row. @param {Transfer[]} transfers the newest first */
  take(transfers) {
    for (const transfer of [...transfers].reverse()) {
      const row = this.#rows.get(transfer.study_instance_uid);
      if (transfer.direction !== "fetch" || row?.peer !== transfer.peer) continue;
      const { state, done, of, reason } = transfer;
      const bar = element("progress", { max: of ?? 1, "aria-label": "Images fetched" });
      if (of !== null) bar.value = done;
      const after = state === "done" ? [" ", element("a", { href: "/" }, "Worklist")] : [];
      row.cell.replaceChildren(
        ...(state === "running" ? [bar, " "] : []),
        progressText(transfer),
        ...after,
        element("small", {}, reason ?? ""),
      );
    }
  }
}
