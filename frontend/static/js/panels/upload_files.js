/** The files of an upload with how far each is. Only the rows that are in sight exist, however many files there are. */

import { byId, element } from "../common/dom.js";
import { fileSize } from "../common/format.js";

/** @typedef {import("../upload/queue.js").UploadQueue} UploadQueue */

/** Rows beyond the edges that are there before they are scrolled to. */
const spare_rows = 5;

export class UploadFileList {
  /** Until somebody scrolls, it shows what is being sent. */
  #follows = true;

  /** @param {UploadQueue} queue */
  constructor(queue) {
    this.queue = queue;
    this.box = byId("upload-rows");
    this.list = byId("upload-list");
    this.details = byId("upload-files", HTMLDetailsElement);
    this.details.addEventListener("toggle", () => this.draw());
    this.box.addEventListener("scroll", () => this.draw());
    for (const kind of ["wheel", "pointerdown", "keydown"])
      this.box.addEventListener(kind, () => (this.#follows = false), { passive: true });
  }

  /** An upload begins. */
  follow() {
    this.#follows = this.details.open = true;
  }

  /** It is over: what it brought is of more interest, unless somebody looks. */
  close() {
    if (this.#follows) this.details.open = false;
  }

  draw() {
    if (!this.details.open) return;
    const { items } = this.queue.files;
    const height = Number.parseFloat(getComputedStyle(this.list).getPropertyValue("line-height"));
    this.list.style.height = `${items.length * height}px`;
    if (this.#follows && this.queue.group.length)
      this.box.scrollTop = (items.indexOf(this.queue.group[0]) - 1) * height;
    const first = Math.max(0, Math.floor(this.box.scrollTop / height) - spare_rows);
    const last = Math.ceil((this.box.scrollTop + this.box.clientHeight) / height) + spare_rows;
    const sent = partsSent(this.queue);
    this.list.replaceChildren(
      ...items.slice(first, last).map((item, at) => {
        const place = first + at;
        const text = item.state === "sending" ? sendingText(sent.get(item) ?? 0) : item.state;
        const row = element(
          "li",
          { "data-state": item.state, "aria-setsize": items.length, "aria-posinset": place + 1, title: item.path },
          element("span", {}, item.path),
          element("span", {}, fileSize(item.file.size)),
          element("span", {}, text),
        );
        row.style.top = `${place * height}px`;
        return row;
      }),
    );
  }
}

const sendingText = (part) => (part < 1 ? `sending, ${Math.floor(part * 100)} %` : "being read");

/**
 * The files of a request leave in their order.
 * @param {UploadQueue} queue @returns {Map<import("../upload/files.js").Item, number>} how much of each is sent, 0 to 1
 */
function partsSent({ group, bytesSent }) {
  let before = 0;
  return new Map(
    group.map((item) => {
      const { size } = item.file;
      const part = size ? Math.min(1, Math.max(0, (bytesSent - before) / size)) : Number(bytesSent >= before);
      before += size;
      return [item, part];
    }),
  );
}
