/**
 * Files on their way to the server, in small requests one after the other: a connection that is lost costs one of them,
 * and what the server has answered for is never sent again.
 */

import { Problem, Unreachable } from "../common/api.js";
import { Pause } from "../common/retry.js";
import { UploadFiles, unreadable } from "./files.js";

/**
 * @typedef {import("./files.js").Item} Item
 * @typedef {import("./files.js").Answer} Answer
 * @typedef {(group: Item[], onProgress: (bytes: number) => void, signal: AbortSignal) => Promise<Answer>} Send
 *   throws Unreachable, Problem
 */

const pauses_ms = [1000, 2000, 4000, 8000, 15_000];
/** A server that fails so often in a row is left alone until somebody says otherwise. */
const most_failures = 4;
const too_large = 413;
const disk_full = 507;

/** Event: "change". */
export class UploadQueue extends EventTarget {
  files = new UploadFiles();
  /** lost: tried again by itself after a pause. stopped: by a hand, or for a reason that stays. */
  state = /** @type {"idle"|"running"|"lost"|"stopped"|"done"} */ ("idle");
  /** Why it is lost or stopped; empty where a hand stopped it. */
  trouble = "";
  /** @type {Item[]} on their way now */
  group = [];
  /** Of these, bytes that have left this computer. */
  bytesSent = 0;
  #isCancelled = false;
  #mostFiles = Infinity;
  #failures = 0;
  #pause = new Pause();
  #onTheWay = new AbortController();

  /** @param {Send} send */
  constructor(send) {
    super();
    this.send = send;
    window.addEventListener("online", () => this.#pause.end());
  }

  get isBusy() {
    return this.state === "running" || this.state === "lost";
  }

  /** Is an upload cancelled that still waits for an answer? */
  get isEnding() {
    return this.isBusy && this.#isCancelled;
  }

  /** Send these too: behind those that wait, or as an upload of their own. @param {import("../panels/folders.js").Found[]} found */
  add(found) {
    if (this.state === "done") this.files = new UploadFiles();
    this.files.add(found);
    return this.resume();
  }

  /** Go on where it stopped; while it is lost, at once. */
  async resume() {
    this.#isCancelled = false;
    this.#pause.end();
    if (!this.isBusy) await this.#run();
  }

  /**
   * Send no more. What is half sent is taken back. What has left as a whole is waited for, so that it is known what
   * arrived, unless this is asked a second time.
   */
  cancel() {
    const isOut = this.bytesSent >= bytesOf(this.group);
    if (!isOut || this.#isCancelled) this.#onTheWay.abort();
    this.#isCancelled = true;
    this.#pause.end();
    this.#changed();
  }

  /** Forget an upload that is not under way. */
  clear() {
    this.files = new UploadFiles();
    this.trouble = "";
    this.#setState("idle");
  }

  async #run() {
    this.#failures = 0;
    this.#setState("running");
    while (this.files.counts.waiting && !this.#isCancelled && this.isBusy) {
      await this.#sendNext();
      if (this.state === "lost" && !this.#isCancelled)
        await this.#pause.wait(pauses_ms[Math.min(this.#failures, pauses_ms.length) - 1]);
    }
    if (this.#isCancelled) this.trouble = "";
    this.#setState(this.files.counts.waiting ? "stopped" : "done");
  }

  async #sendNext() {
    const group = await this.#readable(this.files.nextGroup(this.#mostFiles));
    if (!group.length || this.#isCancelled) return;
    this.group = group;
    for (const item of group) this.files.set(item, "sending");
    this.#onTheWay = new AbortController();
    try {
      const answer = await this.send(group, (bytes) => this.#sent(bytes), this.#onTheWay.signal);
      this.files.answered(group, answer);
      this.#failures = 0;
      this.#setState("running");
    } catch (error) {
      this.#failed(error);
    }
    this.group = [];
    this.bytesSent = 0;
    this.#changed();
  }

  /** @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Unreachable || error instanceof Problem)) throw error;
    const status = error instanceof Problem ? error.status : 0;
    for (const item of this.group) this.files.set(item, "waiting");
    if (status === too_large && this.group.length > 1) this.#mostFiles = Math.ceil(this.group.length / 2);
    else if (status === too_large) this.files.refuse(this.group[0], error.message);
    else if (!this.#isCancelled) {
      this.#failures += 1;
      this.trouble = error.message;
      const isLost = error instanceof Unreachable || error.isOnTheWay;
      const mayPass = status >= 500 && status !== disk_full && this.#failures < most_failures;
      this.#setState(isLost || mayPass ? "lost" : "stopped");
    }
  }

  /** A file that was moved or changed would end every request that it is in. @param {Item[]} group */
  async #readable(group) {
    const readable = [];
    for (const item of group) {
      try {
        await item.file.slice(0, 1).arrayBuffer();
        readable.push(item);
      } catch {
        this.files.refuse(item, unreadable);
      }
    }
    return readable;
  }

  #sent(bytes) {
    this.bytesSent = Math.min(bytes, bytesOf(this.group));
    this.#changed();
  }

  #setState(state) {
    if (state === "running" || state === "done") this.trouble = "";
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Item[]} group */
export const bytesOf = (group) => group.reduce((sum, { file }) => sum + file.size, 0);
