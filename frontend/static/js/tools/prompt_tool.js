/**
 * Boxes and points: drags draw, resize and move them. A click places a point, whatever lies under it; only on the
 * handle of a box that is not selected yet it selects that box, and on the selected one's cross it deletes it.
 */

import { showMessage } from "../common/status.js";
import { boxBetween, cursorOf, isDrawn, moved, resized } from "../reading/box.js";
import { isOnImage, placed } from "../reading/points.js";
import { without } from "./drawing.js";
import { targetAt } from "./targets.js";
import { click_pixels } from "./tool.js";

/** @typedef {import("../common/types.js").Prompt} Prompt @typedef {import("./targets.js").Target} Target */
/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place @typedef {import("./tool.js").Manner} Manner */

const cursors = { delete: "pointer", point: "move", inside: "move", image: "crosshair" };

const withBox = (prompt, index, box) => ({ ...prompt, boxes: prompt.boxes.with(index, box) });
const withPoint = (prompt, index, point) => ({ ...prompt, points: prompt.points.with(index, point) });
const withNewBox = (prompt, box) => ({ ...prompt, boxes: [...prompt.boxes, box] });

/**
 * @typedef {object} Drag
 * @property {Target} target what lay under the press
 * @property {Place} at of the press
 * @property {Place} from the same in image pixels
 * @property {Prompt} prompt before
 * @property {boolean} positive the point that a click places
 * @property {boolean} hasMoved
 */

/** @implements {Tool} */
export class PromptTool {
  /** @type {Drag|null} */
  #drag = null;
  /** @type {Target|null} what a drag from where the pointer is would take along */
  grabbed = null;

  /** @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing */
  constructor(view, drawing) {
    this.view = view;
    this.drawing = drawing;
  }

  /** @param {Place} at @param {Manner} manner */
  #targetAt(at, { drawNew = false, reach = 1 }) {
    const { prompt, selection } = this.drawing;
    return targetAt(this.view, prompt, selection, at, drawNew, reach);
  }

  /** @param {Place} at @param {Manner} manner */
  press(at, manner) {
    if (!this.drawing.canDraw) return false;
    const target = this.#targetAt(at, manner);
    this.#drag = {
      target,
      at,
      from: this.view.clientToImage(at.x, at.y),
      prompt: this.drawing.prompt,
      positive: !(manner.isOpposite || this.drawing.negative),
      hasMoved: false,
    };
    return true;
  }

  /** @param {Place} at */
  move(at) {
    const drag = this.#drag;
    if (!drag || drag.target.what === "delete") return;
    drag.hasMoved ||= Math.hypot(at.x - drag.at.x, at.y - drag.at.y) >= click_pixels;
    if (!drag.hasMoved) return;
    const { prompt, selection } = this.#dragged(drag, at);
    this.drawing.showPrompt(prompt, selection);
  }

  /** The prompt as the drag leaves it. @param {Drag} drag @param {Place} client */
  #dragged({ target, from, prompt }, client) {
    const at = this.view.clientToImage(client.x, client.y);
    const { slice } = this.view;
    const { selection } = target;
    if (selection === null) {
      const box = boxBetween(from, at, slice);
      return {
        selection: { kind: /** @type {const} */ ("box"), index: prompt.boxes.length },
        prompt: withNewBox(prompt, box),
      };
    }
    if (target.what === "point") {
      const point = placed(prompt.points[selection.index], at, slice);
      return { selection, prompt: withPoint(prompt, selection.index, point) };
    }
    const before = prompt.boxes[selection.index];
    const box = target.handle
      ? resized(before, target.handle, at, slice)
      : moved(before, at.x - from.x, at.y - from.y, slice);
    return { selection, prompt: withBox(prompt, selection.index, box) };
  }

  /** @param {Place} at */
  release(at) {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.hasMoved) this.#dropped(drag, at);
    else if (drag) this.#clicked(drag);
  }

  /** @param {Drag} drag @param {Place} at */
  #dropped(drag, at) {
    const { prompt, selection } = this.#dragged(drag, at);
    const isTooSmall = selection.kind === "box" && !isDrawn(prompt.boxes[selection.index]);
    if (isTooSmall) this.drawing.showPrompt(null, this.drawing.selection);
    else this.drawing.setPrompt(drag.prompt, prompt, selection);
  }

  /** @param {Drag} drag */
  #clicked({ target: { what, selection }, from, prompt, positive }) {
    if (what === "delete" && selection) return this.drawing.setPrompt(prompt, without(prompt, selection), null);
    const { selected } = this.drawing;
    const isSelected = selected?.kind === "box" && selected.index === selection?.index;
    if (what === "handle" && !isSelected) return this.drawing.select(selection);
    if (!isOnImage(from, this.view.slice)) {
      showMessage("That is beside the image.");
      return this.drawing.select(null);
    }
    const isThere = ({ x, y, ...point }) => x === from.x && y === from.y && point.positive === positive;
    if (prompt.points.some(isThere)) return showMessage("This very place is marked already.");
    const points = [...prompt.points, { ...from, positive }];
    return this.drawing.setPrompt(prompt, { ...prompt, points }, { kind: "point", index: points.length - 1 });
  }

  cancel() {
    this.#drag = null;
    this.drawing.showPrompt(null, this.drawing.selection);
  }

  /** The point that a click there would place, where it would place one. @param {Place} at in corner-based image pixels */
  pointAt(at) {
    const what = this.grabbed?.what;
    const isClick = this.drawing.canDraw && what !== "delete" && what !== "handle" && isOnImage(at, this.view.slice);
    return isClick ? { x: at.x, y: at.y, positive: !this.drawing.negative } : null;
  }

  /** @param {Place|null} at @param {Manner} manner */
  cursor(at, manner) {
    this.grabbed = this.drawing.canDraw && at ? this.#targetAt(at, manner) : null;
    if (!this.drawing.canDraw) return "default";
    if (!this.grabbed) return "crosshair";
    const { what, handle } = this.grabbed;
    return handle ? cursorOf(handle) : cursors[what];
  }
}
