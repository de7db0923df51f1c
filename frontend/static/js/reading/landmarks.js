/** Where the right ventricle meets the left one: the two points that orient the segments, as the reader marks them. */

import { carried } from "../image/cut.js";
import { isSameSlice } from "./segments.js";

/** @typedef {import("../common/types.js").Landmarks} Landmarks @typedef {import("../common/types.js").Place} Place */
/** @typedef {import("../common/types.js").Slice} Slice @typedef {import("../common/types.js").SliceKey} SliceKey */
/** @typedef {"anterior_insertion"|"inferior_insertion"} Name */
/** @typedef {Place & {name: Name, letter: string, isHere: boolean}} Mark isHere: on the slice that it was marked on */

/** In the order in which they are asked for. @type {[Name, string, string][]} */
const names = [
  ["anterior_insertion", "A", "anterior"],
  ["inferior_insertion", "I", "inferior"],
];

/** Events: "change" (of where one is dragged). */
export class LandmarksHeld extends EventTarget {
  /** @type {{name: Name, slice: SliceKey, at: Place}|null} */
  #dragged = null;

  /**
   * @param {import("../image/slices.js").Slices} slices @param {import("./draft.js").Draft} draft
   * @param {import("./outbox.js").Outbox} outbox
   */
  constructor(slices, draft, outbox) {
    super();
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
  }

  /** What is marked, sent or not. */
  get current() {
    const unsent = this.outbox.latest("landmark");
    const { landmarks, levels } = this.draft.reading;
    return { landmarks: unsent?.landmarks ?? landmarks, levels: unsent?.levels ?? levels };
  }

  /** The first that is not marked yet. @returns {{name: Name, text: string}|null} */
  get missing() {
    const { landmarks } = this.current;
    const found = names.find(([name]) => !landmarks[name]);
    return found ? { name: found[0], text: found[2] } : null;
  }

  /** Where they lie on a slice. @param {Slice} slice @returns {Mark[]} */
  marks(slice) {
    if (!this.draft.isOpen) return [];
    const { landmarks } = this.current;
    return names.flatMap(([name, letter]) => {
      const dragged = this.#dragged?.name === name ? { ...this.#dragged.slice, ...this.#dragged.at } : null;
      const marked = dragged ?? landmarks[name];
      const from = marked && this.slices.list[this.slices.indexOf(marked)];
      if (!marked || !from) return [];
      return [{ ...carried(marked, from, slice), name, letter, isHere: isSameSlice(from, slice) }];
    });
  }

  /** Show one elsewhere while it is dragged. @param {Name|null} name null ends it @param {SliceKey} [slice] @param {Place} [at] */
  show(name, slice, at) {
    this.#dragged = name && slice && at ? { name, slice: keyed(slice), at } : null;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Name} name @param {SliceKey} slice @param {Place} at in corner-based image pixels */
  mark(name, slice, at) {
    const { landmarks, levels } = this.current;
    const place = { ...keyed(slice), x: at.x, y: at.y };
    this.outbox.add({ kind: "landmark", landmarks: { ...landmarks, [name]: place }, levels });
  }

  /** Mark what is not marked yet as it is proposed: the reader drags it from there. @param {Landmarks} proposed */
  markAs(proposed) {
    const { landmarks, levels } = this.current;
    const marked = { ...landmarks };
    for (const [name] of names) marked[name] ??= proposed[name];
    this.outbox.add({ kind: "landmark", landmarks: marked, levels });
  }

  /** Let a level begin at another slice. @param {"first_mid"|"first_apical"} border @param {SliceKey|null} slice */
  moveBorder(border, slice) {
    const { landmarks, levels } = this.current;
    this.outbox.add({ kind: "landmark", landmarks, levels: { ...levels, [border]: slice && keyed(slice) } });
  }
}

/** @param {SliceKey} slice */
const keyed = ({ sop_instance_uid, frame_number }) => ({ sop_instance_uid, frame_number });
