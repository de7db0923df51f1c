/** A browser's storage and events, and a server with one reading, for modules that need both. */

import { mock } from "node:test";

const size = [2, 2];
const empty = { size, counts: [4] };
export const image = (uid) => ({ sop_instance_uid: uid, frame_number: 1, rows: 2, columns: 2 });
export const readingId = "reading";

/** A slice of the reading as the server answers it. */
export const answered = (uid, parts = {}) => ({
  sop_instance_uid: uid,
  frame_number: 1,
  revision: 0,
  state: "proposed",
  state_before: null,
  segments: { scar: { mask: empty, boxes: [], points: [], score: 1, area_mm2: 0, mass: null } },
  ...parts,
});

/** Let everything happen that waits for no timer. */
export async function settled() {
  for (let round = 0; round < 20; round++) await new Promise((resume) => setImmediate(resume));
}

/**
 * @param {string} [personId] whom the page is made for, with a login
 * @param {Map<string, string>} [stored] what was kept before
 * @returns {Map<string, string>} what the browser's storage holds
 */
export function installBrowser(personId, stored = new Map()) {
  const localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => stored.set(key, value),
    removeItem: (key) => stored.delete(key),
  };
  const keys = {
    ownKeys: () => [...stored.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  };
  globalThis.localStorage = new Proxy(localStorage, keys);
  globalThis.window = new EventTarget();
  globalThis.document = Object.assign(new EventTarget(), {
    visibilityState: "visible",
    documentElement: { dataset: personId ? { personId, personName: `Dr ${personId}` } : {} },
  });
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  return stored;
}

/**
 * A server that stores edits as the real one does: in order, each client_id once, none on an older revision; undo takes back
 * all that the last one caused. Accepting makes the sensitivity follow, which draws every proposed slice anew.
 */
export class FakeServer {
  revision = 0;
  sensitivity = 0;
  /** The bodies of the edits that it stored. */
  stored = [];
  isOffline = false;
  /** Who is signed in; empty where nobody is, or has to be. */
  signedIn = "";
  /** How many requests came. */
  asked = 0;
  /** How many requests are more than a share, before the next one that is not. */
  tooMany = 0;
  /** Which problem the next requests are answered with, as what they need is away for a while. */
  away = [];
  /** Is the next edit stored, but its answer lost? */
  losesAnswer = false;
  /** @type {Map<string, string>} why edits of a kind are refused */
  refusals = new Map();
  /** What happens to an answer before the page has it: events may be faster. */
  beforeAnswer = (_) => {};
  #answers = new Map();
  /** What undo and redo go back to. */
  #past = [];
  #future = [];

  constructor(...uids) {
    this.slices = new Map(uids.map((uid) => [uid, answered(uid)]));
    globalThis.fetch = (path, options) => this.#answer(path, options);
  }

  reading() {
    const images = [...this.slices.keys()].map(image);
    return { id: readingId, ...this.#figures(), images, slices: [...this.slices.values()] };
  }

  #figures() {
    const [can_undo, can_redo] = [this.#past.length > 0, this.#future.length > 0];
    return {
      revision: this.revision,
      state: "draft",
      sensitivity: this.sensitivity,
      follows: true,
      can_undo,
      can_redo,
    };
  }

  /** What another window does to a slice. */
  editElsewhere(uid, change = {}) {
    this.revision += 1;
    this.slices.set(uid, { ...this.slices.get(uid), ...change, revision: this.revision });
  }

  async #answer(path, { method, body, headers }) {
    this.asked += 1;
    if (this.isOffline) throw new TypeError("offline");
    if (headers["X-Person"] && headers["X-Person"] !== this.signedIn) return problem(401, "NotSignedIn", "sign in");
    if (method !== "GET" && this.away.length) return problem(503, this.away.shift(), "it is away");
    if (this.tooMany-- > 0) return Response.json({}, { status: 429, headers: { "Retry-After": "3" } });
    if (method === "GET") return Response.json(this.reading());
    const edit = path.endsWith("/from-segmentation") ? importOf(JSON.parse(body)) : JSON.parse(body);
    const { client_id, expected_revision, kind } = edit;
    if (this.#answers.has(client_id)) return Response.json(this.#answers.get(client_id));
    if (this.refusals.has(kind)) return problem(422, "Refused", this.refusals.get(kind));
    if (expected_revision !== this.revision) return problem(409, "RevisionStale", "stale");
    this.stored.push(edit);
    this.revision += 1;
    const before = new Map(this.slices);
    if (kind === "undo") this.#goTo(this.#past, this.#future);
    else if (kind === "redo") this.#goTo(this.#future, this.#past);
    else this.#apply(edit);
    const slices = [...this.slices.values()].filter((slice) => slice !== before.get(slice.sop_instance_uid));
    this.#answers.set(client_id, { ...this.#figures(), slices });
    this.beforeAnswer(this.#answers.get(client_id));
    if (this.losesAnswer) {
      this.losesAnswer = false;
      throw new TypeError("the answer was lost");
    }
    return Response.json(this.#answers.get(client_id));
  }

  get #now() {
    return { slices: new Map(this.slices), sensitivity: this.sensitivity };
  }

  #goTo(from, to) {
    to.push(this.#now);
    Object.assign(this, from.pop());
  }

  #apply({ kind, sop_instance_uid: uid, sensitivity }) {
    this.#past.push(this.#now);
    this.#future = [];
    const { revision } = this;
    if (kind === "sensitivity") this.sensitivity = sensitivity ?? this.sensitivity;
    else if (kind === "import")
      for (const [each, slice] of this.slices) this.slices.set(each, { ...slice, state: "edited", revision });
    else if (uid) this.slices.set(uid, { ...this.slices.get(uid), state: states[kind] ?? kind, revision });
    if (kind === "accept") this.sensitivity += 0.5;
    if (kind !== "accept" && kind !== "sensitivity") return;
    for (const [each, slice] of this.slices)
      if (slice.state === "proposed") this.slices.set(each, { ...slice, revision, drawn_at: this.sensitivity });
  }
}

/** A segmentation that is taken over, which has an address of its own, as the edit that it is. */
const importOf = ({ into, ...body }) => ({ ...body, ...into, kind: "import" });

const states = { accept: "accepted", exclude: "excluded", prompt: "edited", paint: "edited", clear: "pending" };

const problem = (status, kind, detail) =>
  Response.json({ type: `urn:scarmass:problem:${kind}`, status, detail }, { status });

/** @returns {string[]} the messages that the page shows from now on */
export function installMessages() {
  const heard = [];
  class Element {
    children = [];
    dataset = {};
    append(...children) {
      this.children.push(...children);
      for (const child of children) if (child instanceof Element) child.parent = this;
      if (this === messages) heard.push(children[0].children[0].children[0]);
    }
    get firstChild() {
      return this.children[0];
    }
    querySelectorAll() {
      return [];
    }
    setAttribute(name, value) {
      if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
    }
    addEventListener() {}
    matches() {
      return this.isHovered ?? false;
    }
    remove() {
      this.parent.children = this.parent.children.filter((child) => child !== this);
    }
  }
  const messages = new Element();
  globalThis.HTMLElement = Element;
  Object.assign(globalThis.document, { querySelector: () => messages, createElement: () => new Element() });
  return heard;
}
