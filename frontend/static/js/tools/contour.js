/** Pulls the contour of the ventricle or of its blood pool: pressed on the line, its nearest part moves with the pointer. */

import { showMessage } from "../common/status.js";
import { curveOf, nearestPoint, pulled } from "../reading/contour.js";
import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */
/** @typedef {import("../image/outline.js").Vertex} Vertex @typedef {import("./drawing.js").Wall} Wall */

/** How far from a line it can be pressed, in mm. */
const reach_mm = 5;
/** Radius of the ring on the part that a press would take, in mm. */
const ring_mm = 1.2;

/** @typedef {{structure: Wall, curve: Vertex[], at: number}} Grip */

/** @implements {Tool} */
export class ContourTool {
  /** @type {(Grip & {client: Place, from: Place, now: Vertex[]|null})|null} */
  #drag = null;

  /** @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing */
  constructor(view, drawing) {
    this.view = view;
    this.drawing = drawing;
  }

  /** @param {Place} client */
  press(client) {
    if (!this.drawing.canDraw) return false;
    const from = this.view.clientToImage(client.x, client.y);
    const grip = this.#gripAt(from);
    if (!grip) {
      showMessage("There is no contour here: press on the line of the ventricle or the blood pool and pull it.");
      return false;
    }
    this.drawing.wall = grip.structure;
    this.#drag = { ...grip, client, from, now: null };
    return true;
  }

  /** @param {Place} client */
  move(client) {
    const drag = this.#drag;
    if (!drag) return;
    if (!drag.now && Math.hypot(client.x - drag.client.x, client.y - drag.client.y) < click_pixels) return;
    const to = this.view.clientToImage(client.x, client.y);
    const by = { x: to.x - drag.from.x, y: to.y - drag.from.y };
    drag.now = pulled(drag.curve, drag.at, by, this.view.slice);
    this.drawing.showContour({ structure: drag.structure, curve: drag.now });
  }

  release() {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.now) this.drawing.setContour({ structure: drag.structure, curve: drag.now });
  }

  cancel() {
    this.#drag = null;
    this.drawing.showContour(null);
  }

  /** @param {Place|null} client */
  cursor(client) {
    if (!this.drawing.canDraw || !client) return "default";
    return this.#gripAt(this.view.clientToImage(client.x, client.y)) ? "grab" : "default";
  }

  /** The part of a line that a press would take. @param {Place} at in corner-based image pixels */
  circle(at) {
    const grip = this.#drag ?? this.#gripAt(at);
    if (!grip) return null;
    const [x, y] = (this.#drag?.now ?? grip.curve)[grip.at];
    const [row, column] = this.view.slice.pixel_spacing_mm;
    return { x, y, across: ring_mm / column, down: ring_mm / row };
  }

  /** The nearest point of either line, null where none is within reach. @param {Place} at @returns {Grip|null} */
  #gripAt(at) {
    let best = null;
    let nearest_mm = reach_mm;
    for (const { structure, mask } of this.drawing.contours) {
      const curve = curveKept(mask);
      if (!curve) continue;
      const point = nearestPoint(curve, at, this.view.slice);
      if (point.away_mm > nearest_mm) continue;
      nearest_mm = point.away_mm;
      best = { structure, curve, at: point.at };
    }
    return best;
  }
}

/** @type {WeakMap<import("../common/types.js").Rle, Vertex[]|null>} */
const curves = new WeakMap();

/** @param {import("../common/types.js").Rle} mask @returns {Vertex[]|null} its curve, made once */
function curveKept(mask) {
  if (!curves.has(mask)) curves.set(mask, curveOf(mask));
  return curves.get(mask) ?? null;
}
