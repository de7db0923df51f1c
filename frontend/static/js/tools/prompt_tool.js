/**
 * The reader's hand on the image, whether mouse, pen, finger or keys lead it: what it does becomes a prompt, a painted
 * mask, a window or a pan.
 */

import { boxBetween, isDrawn, moved, resized } from "../reading/box.js";
import { isOnImage, placed } from "../reading/points.js";
import { targetAt } from "./targets.js";

/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {{kind: "box"|"point", index: number}|null} Selection */
/** @typedef {{x: number, y: number}} Place in CSS pixels of the window */

/** A press that travels less than this many CSS pixels is a click. */
const travel = 4;

/**
 * What the hand needs of the page.
 * @typedef {object} Page
 * @property {() => boolean} canDraw
 * @property {() => Prompt} prompt the prompt of the slice on the screen
 * @property {() => Selection} selection
 * @property {() => boolean} isNegative is the page's point control on "not scar"?
 * @property {() => "prompt"|"brush"|"eraser"} tool
 * @property {(selection: Selection) => void} select
 * @property {(prompt: Prompt|null, selection: Selection) => void} preview while the hand presses
 * @property {(before: Prompt, after: Prompt, selection: Selection) => void} commit when it lets go
 * @property {(at: {x: number, y: number}, isNew: boolean, erases: boolean) => void} paint
 * @property {() => void} painted when the brush is lifted
 * @property {() => void} abandonPainting
 */

const withBox = (prompt, index, box) => ({ ...prompt, boxes: prompt.boxes.with(index, box) });
const withPoint = (prompt, index, point) => ({ ...prompt, points: prompt.points.with(index, point) });
const withNewBox = (prompt, box) => ({ ...prompt, boxes: [...prompt.boxes, box] });

/** @param {Prompt} prompt @param {Selection} selection @returns {Prompt} the prompt less the selected part */
export function without(prompt, selection) {
  const list = selection.kind === "box" ? "boxes" : "points";
  return { ...prompt, [list]: prompt[list].toSpliced(selection.index, 1) };
}

export class Hand {
  #drag = null;

  /** @param {import("../image/viewport.js").Viewport} view @param {Page} page */
  constructor(view, page) {
    this.view = view;
    this.page = page;
  }

  /** Does it press on the image now? */
  get isDragging() {
    return this.#drag !== null;
  }

  #extent() {
    const { columns, rows } = this.view.slice;
    return { columns, rows };
  }

  /**
   * @param {Place} at @param {boolean} drawNew boxes do not count: a new one is about to be drawn there
   * @param {number} reach how many times farther than a mouse's
   */
  under(at, drawNew, reach = 1) {
    return targetAt(this.view, this.page.prompt(), this.page.selection(), at, drawNew, reach);
  }

  /** What a plain press does with the tool in hand. */
  get action() {
    return this.page.tool() === "prompt" ? "draw" : "paint";
  }

  /**
   * @param {Place} at
   * @param {{action?: "draw"|"paint"|"window"|"pan", drawNew?: boolean, isOpposite?: boolean, reach?: number}} how
   * isOpposite: marks what is not scar, erases with the brush
   * @returns {boolean} whether there was something to press on
   */
  press(at, { action = this.action, drawNew = false, isOpposite = false, reach = 1 } = {}) {
    const marks = action === "draw" || action === "paint";
    if (this.#drag || this.view.shown < 0 || (marks && !this.page.canDraw())) return false;
    const under = action === "draw" ? this.under(at, drawNew, reach) : null;
    this.#drag = {
      action,
      under,
      at,
      last: at,
      travelled: false,
      from: this.view.clientToImage(at.x, at.y),
      prompt: this.page.prompt(),
      negative: isOpposite || this.page.isNegative(),
    };
    if (under?.what === "point" || under?.what === "handle") this.page.select(under.selection);
    if (action === "paint") this.page.paint(this.#drag.from, true, isOpposite || this.page.tool() === "eraser");
    return true;
  }

  /** @param {Place} at @param {Place[]} way where it was since the last call, as far as it is known */
  moveTo(at, way = []) {
    const drag = this.#drag;
    if (!drag) return;
    if (drag.action === "paint") {
      for (const { x, y } of [...way, at]) this.page.paint(this.view.clientToImage(x, y), false);
      return;
    }
    const [dx, dy] = [at.x - drag.last.x, at.y - drag.last.y];
    drag.last = at;
    if (drag.action === "window") this.view.dragWindow(dx, dy);
    else if (drag.action === "pan") this.view.panBy(dx, dy);
    else if (drag.under.what !== "delete") this.#dragTo(drag, at);
  }

  #dragTo(drag, at) {
    drag.travelled ||= Math.hypot(at.x - drag.at.x, at.y - drag.at.y) >= travel;
    if (!drag.travelled) return;
    const { prompt, selection } = this.#dragged(drag, at);
    this.page.preview(prompt, selection);
  }

  /** The prompt as the drag leaves it. */
  #dragged({ under, from, prompt }, client) {
    const at = this.view.clientToImage(client.x, client.y);
    const extent = this.#extent();
    const { selection } = under;
    if (under.what === "image") {
      const box = boxBetween(from, at, extent);
      return { selection: { kind: "box", index: prompt.boxes.length }, prompt: withNewBox(prompt, box) };
    }
    if (under.what === "point") {
      const point = placed(prompt.points[selection.index], at, extent);
      return { selection, prompt: withPoint(prompt, selection.index, point) };
    }
    const before = prompt.boxes[selection.index];
    const box =
      under.what === "handle"
        ? resized(before, under.handle, at, extent)
        : moved(before, at.x - from.x, at.y - from.y, extent);
    return { selection, prompt: withBox(prompt, selection.index, box) };
  }

  /** @param {Place} at */
  release(at) {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.action === "paint") this.page.painted();
    else if (drag?.action === "draw") {
      if (drag.travelled) this.#letGo(drag, at);
      else this.#clicked(drag);
    }
  }

  #letGo(drag, at) {
    const { prompt, selection } = this.#dragged(drag, at);
    const isSlip = selection?.kind === "box" && !isDrawn(prompt.boxes[selection.index]);
    if (isSlip) this.page.preview(null, this.page.selection());
    else this.page.commit(drag.prompt, prompt, selection);
  }

  #clicked({ under, from, prompt, negative }) {
    if (under.what === "delete") return this.page.commit(prompt, without(prompt, under.selection), null);
    if (under.what === "point" || under.what === "handle") return undefined;
    if (!isOnImage(from, this.#extent())) return this.page.select(null);
    const points = [...prompt.points, { ...from, positive: !negative }];
    return this.page.commit(prompt, { ...prompt, points }, { kind: "point", index: points.length - 1 });
  }

  /** Let go as if it had never pressed. @returns {boolean} whether it did */
  abandon() {
    if (!this.#drag) return false;
    const { action } = this.#drag;
    this.#drag = null;
    if (action === "paint") this.page.abandonPainting();
    else this.page.preview(null, this.page.selection());
    return true;
  }
}
