/** What readers' reference methods make of the reading, asked of the server while their panel is open. */

import { askMethods } from "../common/api.js";
import { isSameSlice } from "./segments.js";

/** @typedef {import("../common/types.js").Schemas["MethodAnswer"]} Answer @typedef {import("../common/types.js").SliceKey} SliceKey */

/** It is asked when nothing was changed for so long. */
const rests_after_ms = 400;

/** Events: "change". */
export class Methods extends EventTarget {
  isOn = false;
  /** @type {Answer[]} of the standard set; those of an older revision stand until newer ones have come */
  list = [];
  /** @type {string|null} the key of the method whose mask is shown */
  chosen = null;
  /** Why there is no answer. */
  problem = "";
  /** @type {Answer|null} of the chosen method, with its masks */
  #masks = null;
  #timer = 0;
  /** What was asked about last, or is to be: the reading's revision, the regions, the method chosen. */
  #wanted = "";
  #answered = "";

  /**
   * @param {import("./draft.js").Draft} draft @param {import("./outbox.js").Outbox} outbox
   * @param {import("./regions.js").Regions} regions
   */
  constructor(draft, outbox, regions) {
    super();
    this.draft = draft;
    this.outbox = outbox;
    this.regions = regions;
    for (const source of [draft, outbox, regions]) source.addEventListener("change", () => this.#follow());
  }

  /** Are these the figures of the reading as it is? */
  get isCurrent() {
    return this.#answered === this.#wanted && !this.outbox.hasUnsaved;
  }

  /** @returns {Answer|null} */
  get answer() {
    return this.list.find(({ key }) => key === this.chosen) ?? null;
  }

  /** @param {boolean} isOn */
  setOn(isOn) {
    this.isOn = isOn;
    this.#follow();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string|null} key */
  choose(key) {
    this.chosen = key;
    this.#follow();
    this.dispatchEvent(new Event("change"));
  }

  /** The chosen method's mask. @param {SliceKey} slice @returns {import("../common/types.js").Rle|null} */
  maskOf(slice) {
    if (!this.isOn || this.#masks?.key !== this.chosen) return null;
    return this.#masks?.slices.find((each) => isSameSlice(each, slice))?.mask ?? null;
  }

  #follow() {
    const { draft, outbox, regions } = this;
    if (!this.isOn || !draft.isOpen || draft.isPreparing || outbox.hasUnsaved) return;
    const wanted = JSON.stringify([draft.reading.id, draft.revision, regions.list, this.chosen]);
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(wanted), this.list.length ? rests_after_ms : 0);
  }

  /** @param {string} wanted */
  async #ask(wanted) {
    const { id } = this.draft.reading;
    const regions = this.regions.list;
    try {
      const { methods } = await askMethods(id, { regions });
      const method = methods.find(({ key }) => key === this.chosen)?.method;
      const masks = method && (await askMethods(id, { methods: [method], regions, with_masks: true })).methods[0];
      if (wanted !== this.#wanted) return;
      [this.list, this.#masks, this.#answered, this.problem] = [methods, masks ?? null, wanted, ""];
    } catch (error) {
      if (wanted !== this.#wanted) return;
      // The next change, or opening the panel again, asks anew.
      [this.#wanted, this.problem] = ["", `The methods cannot be worked out: ${error.message}`];
    }
    this.dispatchEvent(new Event("change"));
  }
}
