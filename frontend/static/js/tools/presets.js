/** What buttons, wheel and keys do: presets, of which each reader of this computer has chosen one. */

import { readerName } from "../common/api.js";

/** @typedef {import("./tools.js").ToolName} ToolName */
/**
 * @typedef {object} Preset
 * @property {string} title
 * @property {ToolName} right what a drag with the right button does
 * @property {ToolName} rightWithShift the same while Shift is held
 * @property {boolean} sizesBrushByWheel does Ctrl+wheel size a brush in hand?
 * @property {Record<string, string[]>} keys of commands, where they are not those that the command itself names
 */

/** @type {Record<string, Preset>} the first one is the one of readers who have not chosen */
export const presets = {
  ohif: {
    title: "as in OHIF",
    right: "zoom",
    rightWithShift: "window",
    sizesBrushByWheel: true,
    keys: { fit: ["=", "f"] },
  },
  window: {
    title: "right drag sets the window",
    right: "window",
    rightWithShift: "zoom",
    sizesBrushByWheel: false,
    keys: {},
  },
};

const keyOf = (reader) => `scarmass.preset.${reader}`;

/** Events: "change". */
export class Habit extends EventTarget {
  /** @type {string} */
  name = "";

  constructor() {
    super();
    this.read();
  }

  /** @returns {Preset} */
  get preset() {
    return presets[this.name];
  }

  /** The preset of the reader whose name stands on the page. */
  read() {
    const stored = localStorage.getItem(keyOf(readerName())) ?? "";
    this.#set(stored in presets ? stored : Object.keys(presets)[0]);
  }

  /** @param {string} name */
  choose(name) {
    localStorage.setItem(keyOf(readerName()), name);
    this.#set(name);
  }

  #set(name) {
    this.name = name;
    this.dispatchEvent(new Event("change"));
  }
}
