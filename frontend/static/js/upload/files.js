/** The files of an upload, what became of each, and how many are how far. */

/**
 * @typedef {import("../panels/folders.js").Found} Found
 * @typedef {"waiting"|"sending"|"arrived"|"refused"} FileState
 * @typedef {{file: File, path: string, state: FileState}} Item
 * @typedef {{name: string, reason: string}} Refusal
 *
 * @typedef {object} Answer what the server says of a group; a file's name is its place in the group
 * @property {{study_instance_uid: string, stacks: {is_lge: boolean}[]}[]} [studies]
 * @property {Refusal[]} [rejected] also of files within an archive, which are named behind it
 * @property {number} [stored] images that are new
 * @property {number} [already_here]
 */

/** One request brings so much: little is sent again where it is lost, and little waits for one transaction. */
const most = { files: 100, bytes: 16e6 };

export const unreadable = "it cannot be read on this computer: it was moved, changed or is in use";

const key = ({ path, file }) => `${path}|${file.size}|${file.lastModified}`;
const { compare } = new Intl.Collator(undefined, { numeric: true });

export class UploadFiles {
  /** @type {Item[]} in the order in which they are sent */
  items = [];
  /** @type {Record<FileState, number>} */
  counts = { waiting: 0, sending: 0, arrived: 0, refused: 0 };
  bytes = 0;
  /** Of the files that arrived or are refused. */
  bytesDone = 0;
  /** @type {Refusal[]} */
  refusals = [];
  /** Images that are new, and that were there before. */
  stored = 0;
  alreadyHere = 0;
  /** @type {Map<string, boolean>} by study_instance_uid: has it a stack that shows late gadolinium enhancement? */
  studies = new Map();
  /** Files before this one do not wait. */
  #first = 0;

  /**
   * In the order of their paths, so that a series mostly stays together. What is here already is not taken twice.
   * @param {Found[]} found
   */
  add(found) {
    const known = new Set(this.items.map(key));
    for (const { file, path } of [...found].sort((one, other) => compare(one.path, other.path))) {
      if (!file) this.refusals.push({ name: path, reason: unreadable });
      if (!file || known.has(key({ file, path }))) continue;
      this.items.push({ file, path, state: "waiting" });
      this.counts.waiting += 1;
      this.bytes += file.size;
    }
  }

  /** @param {number} mostFiles @returns {Item[]} the next ones that wait: one at least, where there is one */
  nextGroup(mostFiles) {
    while (this.#first < this.items.length && this.items[this.#first].state !== "waiting") this.#first += 1;
    const group = [];
    let bytes = 0;
    for (const item of this.items.slice(this.#first, this.#first + Math.min(mostFiles, most.files))) {
      bytes += item.file.size;
      if (group.length && (bytes > most.bytes || item.state !== "waiting")) break;
      group.push(item);
    }
    return group;
  }

  /** @param {Item} item @param {FileState} state */
  set(item, state) {
    const isDone = (of) => of === "arrived" || of === "refused";
    this.bytesDone += (Number(isDone(state)) - Number(isDone(item.state))) * item.file.size;
    this.counts[item.state] -= 1;
    this.counts[state] += 1;
    item.state = state;
    if (state === "waiting") this.#first = 0;
  }

  /** @param {Item} item @param {string} reason */
  refuse(item, reason) {
    this.refusals.push({ name: item.path, reason });
    this.set(item, "refused");
  }

  /** @param {Item[]} group that was sent @param {Answer} answer */
  answered(group, { studies = [], rejected = [], stored = 0, already_here: alreadyHere = 0 }) {
    for (const { name, reason } of rejected) {
      const [place, ...within] = name.split("/");
      const item = group[Number(place)];
      // The server cuts the beginning of very long names, and with it the place.
      if (item && !within.length) this.refuse(item, reason);
      else this.refusals.push({ name: item ? [item.path, ...within].join("/") : name, reason });
    }
    for (const item of group) if (item.state === "sending") this.set(item, "arrived");
    this.stored += stored;
    this.alreadyHere += alreadyHere;
    for (const { study_instance_uid: uid, stacks } of studies)
      this.studies.set(
        uid,
        stacks.some(({ is_lge }) => is_lge),
      );
  }
}
