/** Whether the reader's edits are saved, and the file they can be taken away in. */

import { csvPath } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { counted } from "../common/format.js";
import { reportPath } from "../common/report_language.js";
import { session } from "../common/session.js";
import { hideProgress, noticed_after_ms, showMessage, showProgress } from "../common/status.js";

/** @typedef {import("../reading/outbox.js").Outbox} Outbox @typedef {import("../reading/draft.js").Draft} Draft */

export class SavingPanel {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #slow;
  /** What follows once all is saved. @type {Set<string>} */
  #awaited = new Set();

  /** @param {Draft} draft @param {Outbox} outbox */
  constructor(draft, outbox) {
    this.draft = draft;
    this.outbox = outbox;
    outbox.addEventListener("change", () => this.show());
    window.addEventListener("beforeunload", (event) => {
      const isSafe = session.isEnded && outbox.isKept;
      if (!isSafe && (outbox.hasUnsaved || outbox.asideCount)) event.preventDefault();
    });
  }

  show() {
    const { state, asideCount } = this.outbox;
    if (state === "saving") {
      this.#slow ??= setTimeout(() => this.#show(this.outbox.state), noticed_after_ms);
      return;
    }
    clearTimeout(this.#slow);
    this.#slow = undefined;
    this.#show(asideCount && state === "saved" ? "undecided" : state);
  }

  /** @param {Outbox["state"]|"undecided"} state */
  #show(state) {
    const place = byId("saving");
    place.textContent = textOf(this.outbox, state);
    place.dataset.state = state;
    if (this.draft.isPreparing) return;
    if (state === "saving") showProgress(this.#waitingFor());
    else hideProgress();
  }

  #waitingFor() {
    const edit = this.outbox.sending;
    if (edit?.kind !== "propose") return "";
    return edit.sop_instance_uid ? "Proposing" : `Proposing all ${this.draft.reading.slices.length} slices`;
  }

  /** The stored reading as a file. */
  exportCsv() {
    this.#onceSaved("CSV", () => download(csvPath(this.draft.reading.id)));
  }

  /** The report of the stored reading, in the place of this page. */
  openReport() {
    this.#onceSaved("report", () => location.assign(reportPath(this.draft.reading.id)));
  }

  /** What is still on its way is waited for. @param {string} what @param {() => void} act */
  #onceSaved(what, act) {
    if (!this.draft.isOpen || this.#awaited.has(what)) return;
    if (!this.outbox.hasUnsaved) {
      act();
      return;
    }
    this.#awaited.add(what);
    showMessage(`The ${what} follows as soon as all changes are saved.`);
    const follow = () => {
      this.#awaited.delete(what);
      act();
    };
    this.outbox.addEventListener("saved", follow, { once: true });
  }
}

const causes = { offline: "Offline", failing: "The server fails", ended: "Signed out" };

/** Nothing of it is lost: it is sent as soon as the server answers again. */
function textOf({ unsavedCount, asideCount, isKept }, state) {
  if (state === "saved") return "All changes saved";
  if (state === "saving") return "Saving…";
  if (state === "undecided") return `${counted(asideCount, "change")} not saved`;
  const changes = counted(unsavedCount, "change");
  return isKept ? `${causes[state]}: ${changes} kept here` : `${causes[state]}: ${changes} not saved`;
}

function download(path) {
  const link = element("a", { href: path, download: "" });
  link.click();
}
