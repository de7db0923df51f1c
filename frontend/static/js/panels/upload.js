/** Bringing studies in: files go up in batches with progress, and what was refused is listed with its reason. */

import { problemBody, studiesPath } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { counted } from "../common/format.js";
import { filesOfDrop, filesOfInput } from "./folders.js";

/** @typedef {import("./folders.js").Found} Found @typedef {{name: string, reason: string}} Rejected */

const batch_files = 20_000;
const batch_bytes = 2 ** 31;

/** @param {Found[]} found @returns {Found[][]} in the order of their paths, so that a series mostly stays together */
function batches(found) {
  const sorted = [...found].sort((a, b) => a.path.localeCompare(b.path));
  /** @type {Found[][]} */
  const all = [];
  /** @type {Found[]} */
  let last = [];
  let bytes = Infinity;
  for (const each of sorted) {
    if (bytes + each.file.size > batch_bytes || last.length === batch_files) {
      last = [];
      all.push(last);
      bytes = 0;
    }
    last.push(each);
    bytes += each.file.size;
  }
  return all;
}

/**
 * @param {Found[]} batch @param {(loaded: number) => void} onProgress bytes on their way
 * @returns {Promise<{status: number, body: object}>} the answer, or the problem
 */
function send(batch, onProgress) {
  const form = new FormData();
  for (const { file, path } of batch) form.append("files", file, path);
  // fetch does not report how much of a body was sent; XMLHttpRequest does.
  const request = new XMLHttpRequest();
  request.open("POST", studiesPath);
  request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
  return new Promise((done, failed) => {
    request.addEventListener("load", () => done({ status: request.status, body: problemBody(request.responseText) }));
    request.addEventListener("error", () => failed(new Error("The server cannot be reached.")));
    request.send(form);
  });
}

export class Upload {
  #busy = false;

  /** @param {() => Promise<void>} onImported */
  constructor(onImported) {
    this.onImported = onImported;
    for (const id of ["files", "folder"]) {
      const input = byId(id, HTMLInputElement);
      for (const button of document.querySelectorAll(`[data-pick="${id}"]`))
        button.addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        void this.take(filesOfInput(input.files ?? []));
        input.value = "";
      });
    }
    byId("rejected-dismiss").addEventListener("click", () => {
      byId("rejected").hidden = true;
    });
    this.#bindDrop();
  }

  #bindDrop() {
    let depth = 0;
    const over = (by) => {
      depth += by;
      byId("drop").hidden = depth === 0;
    };
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    window.addEventListener("dragenter", (event) => hasFiles(event) && over(1));
    window.addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
    window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    window.addEventListener("drop", async (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(-depth);
      if (event.dataTransfer) await this.take(await filesOfDrop(event.dataTransfer));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.#busy) event.preventDefault();
    });
  }

  /** @param {Found[]} found */
  async take(found) {
    if (this.#busy || !found.length) return;
    this.#setBusy(true);
    /** @type {Rejected[]} */
    const rejected = [];
    /** @type {Map<string, boolean>} whether each study has a stack that shows late gadolinium enhancement */
    const studies = new Map();
    let failure = "";
    const total = found.reduce((sum, { file }) => sum + file.size, 0);
    let before = 0;
    try {
      for (const batch of batches(found)) {
        const bytes = batch.reduce((sum, { file }) => sum + file.size, 0);
        const { status, body } = await send(batch, (loaded) =>
          this.#progress(before + Math.min(loaded, bytes), total, found.length),
        );
        before += bytes;
        rejected.push(...(body.rejected ?? []));
        for (const { study_instance_uid, stacks } of body.studies ?? [])
          studies.set(
            study_instance_uid,
            stacks.some(({ is_lge }) => is_lge),
          );
        if (status >= 400 && !body.rejected)
          throw new Error(body.detail || body.title || `The server answered ${status}.`);
      }
    } catch (error) {
      failure = error.message;
    }
    this.#setBusy(false);
    this.#report(found.length, [...studies.values()], rejected, failure);
    await this.onImported();
  }

  #setBusy(busy) {
    this.#busy = busy;
    byId("import").hidden = !busy;
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-pick]")))
      button.disabled = busy;
    if (busy) byId("rejected").hidden = true;
  }

  #progress(sent, total, files) {
    const part = total ? sent / total : 1;
    const bar = byId("import-bar", HTMLProgressElement);
    // All bytes have left: the server reads and checks them now, for an unknown time.
    if (part >= 1) bar.removeAttribute("value");
    else bar.value = part;
    byId("import-text").textContent =
      part >= 1
        ? `Importing ${counted(files, "file")}…`
        : `Uploading ${counted(files, "file")}: ${Math.floor(part * 100)} %`;
  }

  /** @param {boolean[]} studies whether each shows late gadolinium enhancement */
  #report(files, studies, rejected, failure) {
    const kept = files - rejected.length;
    const summary = failure
      ? `The upload stopped: ${failure}`
      : `${counted(studies.length, "study", "studies")} imported. ${
          rejected.length
            ? `${rejected.length} of ${counted(files, "file")} refused.`
            : `${counted(kept, "file")} kept.`
        }`;
    const without = studies.filter((hasLge) => !hasLge).length;
    const advice =
      " No late gadolinium enhancement was recognised" +
      (studies.length > 1 ? ` in ${without} of them.` : ".") +
      " If a stack does show it, open the stack and mark it as LGE.";
    byId("rejected-title").textContent = summary + (without ? advice : "");
    byId("rejected").dataset.failed = String(Boolean(failure) || (rejected.length > 0 && studies.length === 0));
    byId("rejected-list").replaceChildren(
      ...rejected.map(({ name, reason }) =>
        element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, reason)),
      ),
    );
    byId("rejected-table").hidden = rejected.length === 0;
    byId("rejected").hidden = false;
  }
}
