/** Bringing studies in: chosen or dropped, on their way with progress, and what became of them. */

import { byId, find, isWithin } from "../common/dom.js";
import { counted } from "../common/format.js";
import { UploadQueue } from "../upload/queue.js";
import { sendGroup } from "../upload/send.js";
import { filesOfDrop, filesOfInput } from "./folders.js";
import { Refused } from "./refused.js";
import { UploadFileList } from "./upload_files.js";
import { countsText, doneText, progressText } from "./upload_text.js";

export class Upload {
  queue = new UploadQueue(sendGroup);
  #isDrawing = false;

  /** @param {() => Promise<void>} onImported */
  constructor(onImported) {
    this.onImported = onImported;
    this.list = new UploadFileList(this.queue);
    this.refused = new Refused();
    for (const id of ["files", "folder"]) {
      const input = byId(id, HTMLInputElement);
      for (const button of document.querySelectorAll(`[data-pick="${id}"]`))
        button.addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        void this.take(filesOfInput(input.files ?? []));
        input.value = "";
      });
    }
    this.queue.addEventListener("change", () => this.#drawSoon());
    byId("upload-cancel").addEventListener("click", () => this.queue.cancel());
    for (const id of ["upload-retry", "upload-resume"])
      byId(id).addEventListener("click", () => void this.#until(this.queue.resume()));
    byId("upload-dismiss").addEventListener("click", () => this.#dismiss());
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
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      over(-depth);
      await this.take(await filesOfDrop(event.dataTransfer, (count) => this.#looking(count)));
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.queue.isBusy) event.preventDefault();
    });
  }

  /** A large folder takes a while to look through, before anything of it is sent. */
  #looking(count) {
    if (this.queue.isBusy) return;
    byId("upload").hidden = false;
    say("Looking through the folder…");
    byId("upload-counts").textContent = `${counted(count, "file")} found`;
  }

  /** @param {import("./folders.js").Found[]} found */
  async take(found) {
    if (!found.length) return this.#draw();
    this.list.follow();
    await this.#until(this.queue.add(found));
  }

  /** @param {Promise<void>} run which ends at once where the files only join those that are on their way */
  async #until(run) {
    await run;
    if (this.queue.isBusy) return;
    if (this.queue.state === "done") this.list.close();
    await this.onImported();
  }

  #dismiss() {
    this.queue.clear();
    find("[data-pick]").focus();
  }

  #drawSoon() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw() {
    const { queue } = this;
    const { files, state } = queue;
    const hasFocus = isWithin(document.activeElement, "#upload-buttons");
    byId("upload").hidden = state === "idle";
    byId("upload").dataset.failed = String(Boolean(queue.trouble) || (state === "done" && !files.studies.size));
    byId("upload-cancel").hidden = !queue.isBusy;
    byId("upload-cancel").textContent = queue.isEnding ? "Cancel at once" : "Cancel";
    byId("upload-retry").hidden = state !== "lost" || queue.isEnding;
    byId("upload-resume").hidden = state !== "stopped";
    byId("upload-dismiss").hidden = queue.isBusy;
    if (hasFocus && !isWithin(document.activeElement, "#upload-buttons button:not([hidden])"))
      find("button:not([hidden])", byId("upload-buttons")).focus();
    const sent = files.bytesDone + queue.bytesSent;
    byId("upload-bar", HTMLProgressElement).value = files.bytes ? sent / files.bytes : 1;
    say(state === "done" ? doneText(files) : progressText(queue));
    byId("upload-counts").textContent = countsText(files, sent);
    this.list.draw();
    this.refused.show(files.refusals, queue.isBusy);
  }
}

/** What is said aloud as well: numbers that run stand elsewhere. */
function say(text) {
  const shown = byId("upload-text");
  if (shown.textContent !== text) shown.textContent = text;
}
