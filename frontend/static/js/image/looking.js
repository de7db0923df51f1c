/** Where to look in a stack and in which window: as it was looked at before, else as the server finds them. */

import { getView } from "../common/api.js";
import { showMessage } from "../common/status.js";
import { Ventricles } from "../reading/ventricles.js";
import { keepView, keptView } from "./kept_view.js";
import { heart_share } from "./viewport.js";

/** @typedef {import("../common/types.js").Box} Box @typedef {import("../common/types.js").Schemas["View"]} View */

/** A first image does not wait longer than this for where to look. */
const most_ms = 5000;

export class Looking {
  /** @type {Promise<View>|null} */
  #asked = null;
  /** @type {View["apex"]} which end of the stack is the apex; null until, or unless, it is known */
  apex = null;
  ventricles = new Ventricles();

  /** @param {string} stackId @param {import("./viewport.js").Viewport} view @param {import("./slices.js").Slices} slices */
  constructor(stackId, view, slices) {
    this.stackId = stackId;
    this.view = view;
    this.slices = slices;
  }

  /** The first image comes as it was looked at before, or close to the heart: it does not jump there later. */
  async showFirst() {
    const kept = keptView(this.stackId);
    const found = kept ? null : await this.#soon();
    this.view.startWith({ kept, heart: found?.heart, window: found && windowIn(found) });
    await this.slices.go(this.slices.index);
    keepView(this.stackId, this.view);
    if (kept) await this.#soon();
  }

  async zoomToHeart() {
    try {
      const { heart } = await this.#get();
      if (heart) this.view.frame(heart, heart_share);
      else showMessage("No left ventricle was found on this stack.");
    } catch (error) {
      showMessage(`The heart cannot be found: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Between healthy myocardium and scar, as the window is at first. */
  async windowOfHeart() {
    try {
      const window = windowIn(await this.#get());
      if (window) this.view.setWindow(window);
      else await this.view.resetWindow();
    } catch (error) {
      showMessage(`The window cannot be found: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** @returns {Promise<Box|null>} null where no heart is found */
  async heart() {
    const found = await this.#get().catch(() => null);
    return found?.heart ?? null;
  }

  /** Asked for once; asked for again where it failed. @returns {Promise<View>} */
  #get() {
    this.#asked ??= getView(this.stackId).then(
      (view) => {
        this.apex = view.apex;
        this.ventricles.take(view);
        return view;
      },
      (error) => {
        this.#asked = null;
        throw error;
      },
    );
    return this.#asked;
  }

  /** @returns {Promise<View|null>} null where it is not known soon enough */
  #soon() {
    const late = new Promise((resume) => setTimeout(() => resume(null), most_ms));
    return Promise.race([this.#get().catch(() => null), late]);
  }
}

/** @param {View} view */
const windowIn = ({ window_center: center, window_width: width }) =>
  center === null || width === null ? null : { center, width };
