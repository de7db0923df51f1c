/** The queue: what waits, what is under way, what failed and why; tried again and cancelled. */

import { changeTransfer, listTransfers } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { readerShown, timeOf } from "../common/format.js";
import { kindsText, patientText, progressText } from "../pacs/words.js";
import { pathOf } from "../reading/opening.js";

/** @typedef {import("../common/types.js").Schemas["Transfer"]} Transfer */

const shown = [
  ["", "all"],
  ["open", "not done"],
  ["failed", "failed"],
  ["done", "done"],
];
const states = { "": [], open: ["waiting", "running"], failed: ["failed", "cancelled"], done: ["done"] };

export class Queue extends EventTarget {
  /** @type {Map<string, {row: HTMLElement, changes: number}>} */
  #rows = new Map();
  #of = "";
  #pages = 1;
  /** How many are not done. */
  open = 0;

  /** @param {(text: string) => void} fail */
  constructor(fail) {
    super();
    this.fail = fail;
    const buttons = shown.map(([of, text]) => {
      const button = element("button", { type: "button", "aria-pressed": String(!of) }, text);
      button.addEventListener("click", () => {
        this.#of = of;
        this.#pages = 1;
        for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
        void this.load();
      });
      return button;
    });
    byId("states").replaceChildren(...buttons);
    byId("more-transfers").addEventListener("click", () => {
      this.#pages += 1;
      void this.load();
    });
  }

  /** As the server has it now. */
  async load() {
    const of = this.#of;
    const all = [];
    let cursor = null;
    for (let page = 0; page < this.#pages; page++) {
      const query = [...states[of].map((state) => ["state", state]), ...(cursor ? [["cursor", String(cursor)]] : [])];
      const answer = await listTransfers(query);
      all.push(...answer.transfers);
      cursor = answer.next_cursor;
      if (!cursor) break;
    }
    if (of !== this.#of) return;
    this.#show(all);
    byId("more-transfers").hidden = !cursor;
    this.open = all.filter(({ state }) => states.open.includes(state)).length;
    this.dispatchEvent(new CustomEvent("loaded", { detail: all }));
  }

  /** Rows that have not changed stay, and with them where the keyboard is. @param {Transfer[]} transfers */
  #show(transfers) {
    const rows = transfers.map((transfer) => {
      const known = this.#rows.get(transfer.id);
      if (known?.changes === transfer.changes && Boolean(known.row.dataset.known) === Boolean(transfer.patient))
        return known.row;
      const row = this.#row(transfer);
      if (transfer.patient) row.dataset.known = "yes";
      this.#rows.set(transfer.id, { row, changes: transfer.changes });
      return row;
    });
    const body = find("tbody", byId("queue"));
    const isSame = body.children.length === rows.length && rows.every((row, index) => body.children[index] === row);
    if (!isSame) body.replaceChildren(...rows);
    byId("queue").hidden = !rows.length;
    byId("queue-text").textContent = rows.length ? "" : "Nothing here.";
  }

  /** @param {Transfer} transfer */
  #row(transfer) {
    const { direction, peer, kinds, state, reason, asked_by, created_at, stack_id, reading_id } = transfer;
    const { name, about } = patientText(transfer.patient, transfer.study_date);
    const reading = stack_id && reading_id ? pathOf(stack_id, reading_id) : null;
    const what = direction === "send" ? `Result to ${peer}` : `Study from ${peer}`;
    return element(
      "tr",
      { "data-state": state },
      element("th", { scope: "row" }, name, element("small", {}, about)),
      element(
        "td",
        {},
        reading ? element("a", { href: reading }, what) : what,
        element("small", {}, kindsText(kinds) || transfer.study_instance_uid),
      ),
      element(
        "td",
        { class: "state" },
        progressText(transfer),
        element("small", {}, state === "running" ? "" : (reason ?? "")),
      ),
      element("td", {}, readerShown(asked_by), element("small", {}, timeOf(created_at))),
      element("td", { class: "act" }, ...this.#buttons(transfer, name)),
    );
  }

  #buttons({ id, state, attempts, direction, peer }, name) {
    const again = direction === "send" ? "Send again" : "Fetch again";
    const buttons = [];
    if (state === "waiting" && attempts) buttons.push(["retry", "Try now"]);
    if (state === "failed" || state === "cancelled") buttons.push(["retry", again]);
    if (state === "waiting" || state === "running") buttons.push(["cancel", "Cancel"]);
    return buttons.map(([what, text]) => {
      const button = element("button", { type: "button", "aria-label": `${text}: ${name}, ${peer}` }, text);
      button.addEventListener("click", () => void this.#change(id, what));
      return button;
    });
  }

  async #change(id, what) {
    try {
      await changeTransfer(id, what);
      this.fail("");
      await this.load();
    } catch (error) {
      this.fail(`Not done: ${error.message}`);
    }
  }
}
