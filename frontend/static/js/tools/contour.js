/**
 * Shapes the contour of the ventricle or of its blood pool. Pressed on a point of the contour that is taken, it moves that
 * point; pressed elsewhere on a line, its nearest part. A click on the line adds a point.
 */

import { showMessage } from "../common/status.js";
import { curveOf, nearestPoint, pulled } from "../reading/contour.js";
import { bent, fewest, placesOf, usualPoints, withoutPoint } from "../reading/contour_points.js";
import { keyOf } from "../reading/segments.js";
import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */
/** @typedef {import("./tool.js").Manner} Manner @typedef {import("../common/types.js").Rle} Rle */
/** @typedef {import("../image/outline.js").Vertex} Vertex @typedef {import("./drawing.js").Wall} Wall */

/** How far from a line it can be pressed, in mm. */
const reach_mm = 5;
/** How far from a point, in CSS pixels. */
const point_reach_pixels = 9;
/** Radius of the ring on the part that a press would take, in mm. */
const ring_mm = 1.2;

/** @typedef {{structure: Wall, mask: Rle, curve: Vertex[], places: number[]}} Line places: of its points on the curve */
/** @typedef {Line & {at: number, which: number}} Grip at: the vertex that is held; which of the points, -1 for none */
/** @typedef {Place & {structure: Wall, isLit: boolean}} Handle isLit: a press would move it */

/** @implements {Tool} */
export class ContourTool {
  /** @type {(Grip & {client: Place, from: Place, now: Vertex[]|null, wasTaken: boolean})|null} */
  #drag = null;
  /** @type {Map<string, Vertex[]>} the points of lines that a reader gave other points than the usual ones */
  #points = new Map();

  /** @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing */
  constructor(view, drawing) {
    this.view = view;
    this.drawing = drawing;
  }

  /** @param {Place} client @param {Partial<Manner>} manner */
  press(client, { reach = 1 } = {}) {
    if (!this.drawing.canDraw) return false;
    const from = this.view.clientToImage(client.x, client.y);
    const grip = this.#gripAt(from, reach);
    if (!grip) {
      showMessage("There is no contour here: press on the line of the ventricle or the blood pool and pull it.");
      return false;
    }
    this.#drag = { ...grip, client, from, now: null, wasTaken: grip.structure === this.drawing.wall };
    this.#take(grip.structure);
    return true;
  }

  /** @param {Place} client */
  move(client) {
    const drag = this.#drag;
    if (!drag) return;
    if (!drag.now && Math.hypot(client.x - drag.client.x, client.y - drag.client.y) < click_pixels) return;
    const to = this.view.clientToImage(client.x, client.y);
    const by = { x: to.x - drag.from.x, y: to.y - drag.from.y };
    const { slice } = this.view;
    drag.now =
      drag.which < 0 ? pulled(drag.curve, drag.at, by, slice) : bent(drag.curve, drag.places, drag.which, by, slice);
    this.drawing.showContour({ structure: drag.structure, curve: drag.now });
  }

  release() {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.now) this.#set(drag, drag.now, drag.places);
    else if (drag?.wasTaken && drag.which < 0) this.#keep(drag.structure, [...pointsOf(drag), drag.curve[drag.at]]);
  }

  cancel() {
    this.#drag = null;
    this.drawing.showContour(null);
  }

  /** @param {Place|null} client */
  cursor(client) {
    if (!this.drawing.canDraw || !client) return "default";
    const grip = this.#gripAt(this.view.clientToImage(client.x, client.y));
    if (!grip) return "default";
    return grip.which < 0 ? "grab" : "move";
  }

  /** The part of a line that a press would take; a point shows itself. @param {Place} at in corner-based image pixels */
  circle(at) {
    const grip = this.#drag ?? this.#gripAt(at);
    if (!grip || grip.which >= 0) return null;
    const [x, y] = (this.#drag?.now ?? grip.curve)[grip.at];
    const [row, column] = this.view.slice.pixel_spacing_mm;
    return { x, y, across: ring_mm / column, down: ring_mm / row };
  }

  /** The points of the contour that is taken. @param {Place|null} at in corner-based image pixels @returns {Handle[]} */
  handles(at) {
    const line = this.#drag ?? this.#taken;
    if (!line) return [];
    const which = (this.#drag ?? (at && this.#gripAt(at)))?.which;
    const curve = this.#drag?.now ?? line.curve;
    return line.places.map((place, index) => {
      const [x, y] = curve[place];
      return { x, y, structure: line.structure, isLit: index === which };
    });
  }

  /** Take the point away that is lit up at a place. @param {Place|null} at in corner-based image pixels */
  removePoint(at) {
    const grip = at && this.drawing.canDraw ? this.#gripAt(at) : null;
    if (!grip || grip.which < 0 || this.#drag) return;
    if (grip.places.length <= fewest) showMessage(`A contour has ${fewest} points at least.`);
    else {
      const curve = withoutPoint(grip.curve, grip.places, grip.which, this.view.slice);
      this.#set(grip, curve, grip.places.toSpliced(grip.which, 1));
    }
  }

  /** @param {Line} line as it was @param {Vertex[]} curve as it is now @param {number[]} places of its points on both */
  #set({ structure }, curve, places) {
    this.drawing.setContour({ structure, curve });
    this.#keep(structure, pointsOf({ curve, places }));
  }

  /** @param {Wall} structure */
  #take(structure) {
    this.drawing.wall = structure;
    this.drawing.showContour(null);
  }

  /** These are the points of a line, for as long as it lies where it does now. @param {Wall} structure @param {Vertex[]} points */
  #keep(structure, points) {
    const line = this.drawing.contours.find((each) => each.structure === structure);
    if (line) this.#points.set(this.#nameOf(line), points);
    this.drawing.showContour(null);
  }

  /** @param {{structure: Wall, mask: Rle}} line */
  #nameOf({ structure, mask }) {
    return `${keyOf(this.view.slice)} ${structure} ${mask.counts.join()}`;
  }

  /** @returns {Line[]} */
  get #lines() {
    const lines = [];
    for (const { structure, mask } of this.drawing.contours) {
      const curve = curveKept(mask);
      if (!curve) continue;
      const points = this.#points.get(this.#nameOf({ structure, mask })) ?? usualPoints(curve);
      lines.push({ structure, mask, curve, places: placesOf(curve, points, this.view.slice) });
    }
    return lines;
  }

  get #taken() {
    return this.#lines.find(({ structure }) => structure === this.drawing.wall) ?? null;
  }

  /** A point of the contour that is taken, or else the nearest part of either. @param {Place} at @returns {Grip|null} */
  #gripAt(at, reach = 1) {
    const lines = this.#lines;
    const taken = lines.find(({ structure }) => structure === this.drawing.wall);
    const which = taken ? this.#pointAt(taken, at, reach) : -1;
    if (taken && which >= 0) return { ...taken, at: taken.places[which], which };
    let best = null;
    let nearest_mm = reach_mm * reach;
    for (const line of lines) {
      const point = nearestPoint(line.curve, at, this.view.slice);
      if (point.away_mm > nearest_mm) continue;
      nearest_mm = point.away_mm;
      best = { ...line, at: point.at, which: -1 };
    }
    return best;
  }

  /** @param {Line} line @param {Place} at @param {number} reach @returns {number} which of its points is there, -1 where none is */
  #pointAt({ curve, places }, at, reach) {
    const client = this.view.imageToClient(at.x, at.y);
    const away = places.map((place) => {
      const { x, y } = this.view.imageToClient(...curve[place]);
      return Math.hypot(x - client.x, y - client.y);
    });
    const nearest = Math.min(...away);
    return nearest <= point_reach_pixels * reach ? away.indexOf(nearest) : -1;
  }
}

/** @param {Pick<Line, "curve"|"places">} line @returns {Vertex[]} */
const pointsOf = ({ curve, places }) => places.map((place) => curve[place]);

/** @type {WeakMap<Rle, Vertex[]|null>} */
const curves = new WeakMap();

/** @param {Rle} mask @returns {Vertex[]|null} its curve, made once */
function curveKept(mask) {
  if (!curves.has(mask)) curves.set(mask, curveOf(mask));
  return curves.get(mask) ?? null;
}
