/** Places a circle for the methods: pressed in its middle and dragged to its rim, or clicked for one of a usual size. */

import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */

/** What a click places: well within a wall of usual thickness. */
const usual_mm = 4;
const least_mm = 1;

/** @implements {Tool} */
export class RegionTool {
  /** @type {{client: Place, x: number, y: number, radius_mm: number}|null} */
  #drag = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing
   * @param {import("../reading/regions.js").Regions} regions
   * @param {import("../common/types.js").Schemas["Region"]} region
   */
  constructor(view, drawing, regions, region) {
    this.view = view;
    this.drawing = drawing;
    this.regions = regions;
    this.region = region;
  }

  /** @param {Place} client */
  press(client) {
    if (!this.drawing.canDraw) return false;
    this.#drag = { client, ...this.view.clientToImage(client.x, client.y), radius_mm: usual_mm };
    return true;
  }

  /** @param {Place} client */
  move(client) {
    const drag = this.#drag;
    if (!drag || Math.hypot(client.x - drag.client.x, client.y - drag.client.y) < click_pixels) return;
    const at = this.view.clientToImage(client.x, client.y);
    const [row, column] = this.view.slice.pixel_spacing_mm;
    drag.radius_mm = Math.max(least_mm, Math.hypot((at.x - drag.x) * column, (at.y - drag.y) * row));
  }

  release() {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    const { sop_instance_uid, frame_number } = this.view.slice;
    const { x, y, radius_mm } = drag;
    this.regions.place({ sop_instance_uid, frame_number, region: this.region, x, y, radius_mm });
  }

  cancel() {
    this.#drag = null;
  }

  cursor() {
    return this.drawing.canDraw ? "crosshair" : "default";
  }

  /** The circle that would be placed. @param {Place} at in corner-based image pixels */
  circle(at) {
    const { x, y, radius_mm } = this.#drag ?? { ...at, radius_mm: usual_mm };
    const [row, column] = this.view.slice.pixel_spacing_mm;
    return { x, y, across: radius_mm / column, down: radius_mm / row };
  }
}
