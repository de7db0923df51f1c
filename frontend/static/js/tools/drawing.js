/** What is being drawn on the slice on the screen, and what of its prompt is selected. */

import { noPrompt, segmentOf } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("../common/types.js").Selection} Selection */
/** @typedef {import("../common/types.js").Rle} Rle @typedef {"left_ventricle"|"blood_pool"} Wall */
/** @typedef {"scar"|"no_reflow"} Outlined */
/** @typedef {{structure: Wall, curve: [number, number][]}} Contour */

/** @type {Wall[]} */
const walls = ["left_ventricle", "blood_pool"];

/**
 * Events: "change" (of the selection or of what points mark), "preview" (of what is being drawn), and what was drawn:
 * "prompt" (detail: before, after, was: what was selected), "paint" (detail: before, after), "contour" (detail: structure, curve).
 */
export class Drawing extends EventTarget {
  /** @type {Selection} */
  selection = null;
  /** Do points mark what is not scar? */
  negative = false;
  /** @type {Outlined} what boxes, points and the brush outline */
  structure = "scar";
  /** @type {Prompt|null} while it is dragged */
  #prompt = null;
  /** @type {Rle|null} while it is painted */
  #painted = null;
  /** @type {Contour|null} while it is pulled */
  #contour = null;
  /** @type {Wall} whose contour was taken last */
  wall = "left_ventricle";

  /** @param {import("../image/slices.js").Slices} slices @param {import("../reading/draft.js").Draft} draft */
  constructor(slices, draft) {
    super();
    this.slices = slices;
    this.draft = draft;
  }

  get canDraw() {
    return this.draft.isOpen && !this.draft.isSigned && this.slices.isShown;
  }

  get #slice() {
    const { slice } = this.slices.view;
    return slice && this.draft.isOpen ? this.draft.slice(slice) : null;
  }

  /** The slice's prompt as it is on the screen. */
  get prompt() {
    const slice = this.#slice;
    return this.#prompt ?? (slice ? segmentOf(slice, this.structure) : noPrompt);
  }

  /** The mask that gestures change, as it is on the screen. */
  get mask() {
    return this.maskOf(this.structure);
  }

  /** A structure's mask as it is on the screen. @param {Outlined} structure */
  maskOf(structure) {
    const slice = this.#slice;
    if (this.#painted && structure === this.structure) return this.#painted;
    return slice ? segmentOf(slice, structure).mask : null;
  }

  /** The contours of the ventricle and its blood pool, less the one that is pulled. */
  get contours() {
    const slice = this.#slice;
    /** @type {{structure: Wall, mask: Rle}[]} */
    const shown = [];
    if (!slice) return shown;
    for (const structure of walls) {
      const { mask } = segmentOf(slice, structure);
      if (mask && structure !== this.#contour?.structure) shown.push({ structure, mask });
    }
    return shown;
  }

  /** The contour that is pulled. */
  get contour() {
    return this.#contour;
  }

  /** The parts of the mask that warnings speak of; not while it is painted. */
  get misplaced() {
    const slice = this.#slice;
    return (!this.#painted && slice && segmentOf(slice).misplaced) || null;
  }

  /** What is selected, null where it is there no more. */
  get selected() {
    if (!this.selection) return null;
    const { kind, index } = this.selection;
    return this.prompt[kind === "box" ? "boxes" : "points"][index] ? this.selection : null;
  }

  /** @param {Selection} selection */
  select(selection) {
    this.selection = selection;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {boolean} negative */
  setNegative(negative) {
    this.negative = negative;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Outlined} structure that gestures mean from now on */
  setStructure(structure) {
    this.structure = structure;
    this.select(null);
  }

  /** @param {Prompt|null} prompt null ends it @param {Selection} selection */
  showPrompt(prompt, selection) {
    [this.#prompt, this.selection] = [prompt, selection];
    this.dispatchEvent(new Event("preview"));
  }

  /** @param {Rle|null} mask null ends it */
  showPainted(mask) {
    this.#painted = mask;
    this.dispatchEvent(new Event("preview"));
  }

  /** @param {Contour|null} contour null ends it */
  showContour(contour) {
    this.#contour = contour;
    this.dispatchEvent(new Event("preview"));
  }

  /** The contour is drawn. @param {Contour} contour */
  setContour(contour) {
    this.#contour = null;
    this.#emit("contour", contour);
  }

  /** The prompt is drawn. @param {Prompt} before @param {Prompt} after @param {Selection} selection */
  setPrompt(before, after, selection) {
    const was = this.selection;
    [this.#prompt, this.selection] = [null, selection];
    this.#emit("prompt", { before, after, was });
  }

  /** The mask is painted. @param {Rle|null} before @param {Rle} after */
  paint(before, after) {
    this.#painted = null;
    this.#emit("paint", { before, after });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {Prompt} prompt @param {NonNullable<Selection>} selection @returns {Prompt} the prompt less the selected part */
export function without({ boxes, points }, { kind, index }) {
  if (kind === "box") return { boxes: boxes.toSpliced(index, 1), points };
  return { boxes, points: points.toSpliced(index, 1) };
}
