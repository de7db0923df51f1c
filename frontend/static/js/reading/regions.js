/** Circles that a reader placed for the methods to rest on, kept in this browser for each reading and reader. */

import { session } from "../common/session.js";
import { isSameSlice } from "./segments.js";

/** @typedef {import("../common/types.js").Schemas["PlacedRegion"]} Region @typedef {import("../common/types.js").SliceKey} SliceKey */

const letters = { remote: "R", hyperenhanced: "H" };
const storedAs = (readingId) => session.keyOf(`scarmass.regions.${readingId}`);

/** Events: "change". */
export class Regions extends EventTarget {
  /** @type {Region[]} */
  #list = [];
  /** Whose they are. */
  #readingId = "";

  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    super();
    this.draft = draft;
  }

  /** Those on the reading's slices as they are: a slice that was exchanged keeps its own. @returns {Region[]} */
  get list() {
    const { images } = this.draft;
    return this.#all.filter((each) => images.some((image) => isSameSlice(image, each)));
  }

  get #all() {
    const id = this.draft.isOpen ? this.draft.reading.id : "";
    if (id !== this.#readingId) {
      this.#readingId = id;
      this.#list = stored(id);
    }
    return this.#list;
  }

  /** @param {SliceKey} slice */
  on(slice) {
    return this.list.filter((each) => isSameSlice(each, slice));
  }

  /** As they are drawn. @param {import("../common/types.js").Slice} slice @returns {import("../tools/tool.js").PlacedCircle[]} */
  circlesOn(slice) {
    const [row, column] = slice.pixel_spacing_mm;
    return this.on(slice).map(({ x, y, radius_mm, region }) => {
      return { x, y, across: radius_mm / column, down: radius_mm / row, letter: letters[region] };
    });
  }

  /** In the place of the one of its kind on its slice. @param {Region} region */
  place(region) {
    const others = this.#all.filter((each) => each.region !== region.region || !isSameSlice(each, region));
    this.#keep([...others, region]);
  }

  /** @param {SliceKey} slice */
  removeOn(slice) {
    this.#keep(this.#all.filter((each) => !isSameSlice(each, slice)));
  }

  /** @param {Region[]} list */
  #keep(list) {
    this.#list = list;
    try {
      localStorage.setItem(storedAs(this.#readingId), JSON.stringify(list));
    } catch {
      // A full storage keeps them no longer than the page.
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string} readingId @returns {Region[]} */
function stored(readingId) {
  try {
    const list = JSON.parse(localStorage.getItem(storedAs(readingId)) ?? "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
