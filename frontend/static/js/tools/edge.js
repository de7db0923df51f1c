/**
 * Drags the mask's edge: pressed near it, a disc as large as the brush pushes it outwards or inwards, as the drag goes. The
 * press alone changes nothing, and where the mask is thinner than the brush, so is the disc.
 */

import { showMessage } from "../common/status.js";
import { discAt, edgeNear } from "../reading/mask_edge.js";
import { Stroke } from "./stroke.js";
import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */
/** @typedef {import("../common/types.js").Rle} Rle @typedef {import("../reading/mask_edge.js").Edge} MaskEdge */

/** How far from the edge it can be pressed, in mm. */
const reach_mm = 5;
/** Radius of the ring that shows what would be dragged, in mm. */
const ring_mm = 1.2;

/**
 * @typedef {object} Drag
 * @property {Place} client of the press @property {Place} from the same in image pixels
 * @property {MaskEdge} edge @property {Rle} mask before
 * @property {{stroke: Stroke, x: number, y: number}|null} pushing the disc's stroke, and where it is from the pointer
 */

/** @implements {Tool} */
export class EdgeTool {
  /** @type {Drag|null} */
  #drag = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing
   * @param {import("./brush.js").BrushSize} size
   */
  constructor(view, drawing, size) {
    this.view = view;
    this.drawing = drawing;
    this.size = size;
  }

  /** @param {Place} client */
  press(client) {
    if (!this.drawing.canDraw) return false;
    const { mask } = this.drawing;
    const from = this.view.clientToImage(client.x, client.y);
    const edge = edgeNear(mask, from, this.view.slice, reach_mm);
    if (!mask || !edge) {
      showMessage("There is no edge here: press near the outline and push it.");
      return false;
    }
    this.#drag = { client, from, edge, mask, pushing: null };
    return true;
  }

  /** @param {Place} client @param {Place[]} path */
  move(client, path) {
    const drag = this.#drag;
    if (!drag) return;
    if (!drag.pushing && Math.hypot(client.x - drag.client.x, client.y - drag.client.y) < click_pixels) return;
    drag.pushing ??= this.#begun(drag, client);
    const { stroke, x, y } = drag.pushing;
    for (const each of [...path, client]) {
      const at = this.view.clientToImage(each.x, each.y);
      stroke.to({ x: at.x + x, y: at.y + y });
    }
    this.drawing.showPainted(stroke.mask);
  }

  /** @param {Drag} drag @param {Place} client */
  #begun({ from, edge, mask }, client) {
    const { slice } = this.view;
    const [row, column] = slice.pixel_spacing_mm;
    const to = this.view.clientToImage(client.x, client.y);
    const isOutwards = (to.x - from.x) * column * edge.right + (to.y - from.y) * row * edge.down > 0;
    const { at, radius_mm } = discAt(mask, edge, slice, this.size.diameter_mm / 2, isOutwards);
    const stroke = new Stroke(mask, slice, at, { diameter_mm: 2 * radius_mm, erases: !isOutwards });
    return { stroke, x: at.x - from.x, y: at.y - from.y };
  }

  release() {
    const pushing = this.#drag?.pushing;
    this.#drag = null;
    if (pushing) this.drawing.paint(pushing.stroke.before, pushing.stroke.mask);
  }

  cancel() {
    this.#drag = null;
    this.drawing.showPainted(null);
  }

  /** @param {Place|null} client */
  cursor(client) {
    if (!this.drawing.canDraw || !client) return "default";
    return this.#edgeAt(this.view.clientToImage(client.x, client.y)) ? "grab" : "default";
  }

  #edgeAt(at) {
    return edgeNear(this.drawing.mask, at, this.view.slice, reach_mm);
  }

  /** The pushing disc, or the piece of edge that a press would take. @param {Place} at in corner-based image pixels */
  circle(at) {
    const pushing = this.#drag?.pushing;
    const round = (place, radius_mm) => {
      const [row, column] = this.view.slice.pixel_spacing_mm;
      return { ...place, across: radius_mm / column, down: radius_mm / row };
    };
    if (pushing) return round({ x: at.x + pushing.x, y: at.y + pushing.y }, pushing.stroke.radius_mm);
    const edge = this.#drag?.edge ?? this.#edgeAt(at);
    return edge ? round(edge.at, ring_mm) : null;
  }
}
