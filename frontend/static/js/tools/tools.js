/** The tools: the one that a plain press uses, and the one that presses now. One at a time does. */

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Manner} Manner @typedef {import("./tool.js").Place} Place */
/** @typedef {"prompt"|"brush"|"eraser"|"threshold"|"edge"|"landmark"|"contour"|"window"|"zoom"|"pan"|"remote"|"hyperenhanced"} ToolName */

/** @type {Set<ToolName>} the tools with a brush's circle */
const brushes = new Set(["brush", "eraser", "threshold", "edge"]);

/** Events: "change" (another tool was chosen). */
export class Tools extends EventTarget {
  /** @type {Tool|null} */
  #pressing = null;
  /** @type {ToolName} */
  chosen = "prompt";

  /** @param {import("../image/viewport.js").Viewport} view @param {Record<ToolName, Tool>} all */
  constructor(view, all) {
    super();
    this.view = view;
    this.all = all;
  }

  /** @param {ToolName} name */
  choose(name) {
    if (this.isPressing) return;
    this.chosen = name;
    this.dispatchEvent(new Event("change"));
  }

  get isBrush() {
    return brushes.has(this.chosen);
  }

  get isPressing() {
    return this.#pressing !== null;
  }

  /** @param {Tool|null} tool */
  #setPressing(tool) {
    this.#pressing = tool;
    this.view.isPressed = tool !== null;
  }

  /** @param {Place} at @param {Manner & {name?: ToolName}} how @returns {boolean} whether there was something to press on */
  press(at, { name = this.chosen, ...manner } = {}) {
    if (this.isPressing || this.view.shown < 0 || !this.all[name].press(at, manner)) return false;
    this.#setPressing(this.all[name]);
    return true;
  }

  /** @param {Place} at @param {Place[]} [path] */
  move(at, path = []) {
    this.#pressing?.move(at, path);
  }

  /** @param {Place} at */
  release(at) {
    const tool = this.#pressing;
    this.#setPressing(null);
    tool?.release(at);
  }

  /** @returns {boolean} whether a tool had pressed */
  cancel() {
    const tool = this.#pressing;
    this.#setPressing(null);
    tool?.cancel();
    return tool !== null;
  }

  /** @param {Place|null} at @param {Manner & {name?: ToolName}} how */
  cursor(at, { name = this.chosen, ...manner } = {}) {
    return this.all[name].cursor(at, manner);
  }
}
