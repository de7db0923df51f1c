/** Marks where the right ventricle meets the left one: two clicks, anterior and then inferior, and drags of either. */

import { showMessage } from "../common/status.js";
import { click_pixels } from "./tool.js";

/** @typedef {import("./tool.js").Tool} Tool @typedef {import("./tool.js").Place} Place */
/** @typedef {import("./tool.js").Manner} Manner @typedef {import("../reading/landmarks.js").Name} Name */

const reach_pixels = 14;
const bothMarked = "Both insertion points are marked: drag one to move it, also on another slice.";

/** @implements {Tool} */
export class LandmarkTool {
  /** @type {{name: Name, from: Place, grip: Place, isNew: boolean, isMoved: boolean}|null} grip: in image pixels */
  #press = null;

  /**
   * @param {import("../image/viewport.js").Viewport} view @param {import("./drawing.js").Drawing} drawing
   * @param {import("../reading/landmarks.js").LandmarksHeld} landmarks
   */
  constructor(view, drawing, landmarks) {
    this.view = view;
    this.drawing = drawing;
    this.landmarks = landmarks;
  }

  /** @param {Place} client @param {Manner} manner */
  press(client, { reach = 1 }) {
    if (!this.drawing.canDraw) return false;
    const mark = this.#markAt(client, reach);
    const { missing } = this.landmarks;
    if (!mark && !missing) {
      showMessage(bothMarked);
      return false;
    }
    const at = this.view.clientToImage(client.x, client.y);
    const grip = mark ? { x: mark.x - at.x, y: mark.y - at.y } : { x: 0, y: 0 };
    const name = mark ? mark.name : /** @type {{name: Name}} */ (missing).name;
    this.#press = { name, from: client, grip, isNew: !mark, isMoved: false };
    if (!mark) this.landmarks.show(name, this.view.slice, this.#placed(client));
    return true;
  }

  /** @param {Place} client */
  move(client) {
    const press = this.#press;
    if (!press) return;
    press.isMoved ||= Math.hypot(client.x - press.from.x, client.y - press.from.y) >= click_pixels;
    if (press.isNew || press.isMoved) this.landmarks.show(press.name, this.view.slice, this.#placed(client));
  }

  /** @param {Place} client */
  release(client) {
    const press = this.#press;
    if (press && (press.isNew || press.isMoved)) this.landmarks.mark(press.name, this.view.slice, this.#placed(client));
    this.cancel();
    const { missing } = this.landmarks;
    if (press?.isNew) showMessage(missing ? `Now the ${missing.text} insertion point.` : bothMarked);
  }

  cancel() {
    this.#press = null;
    this.landmarks.show(null);
  }

  /** @param {Place|null} client */
  cursor(client) {
    if (!this.drawing.canDraw || !client) return "default";
    if (this.#markAt(client, 1)) return "grab";
    return this.landmarks.missing ? "crosshair" : "default";
  }

  /** Where a press at a place of the window puts it, within the image. @param {Place} client */
  #placed(client) {
    const { rows, columns } = this.view.slice;
    const { x, y } = this.view.clientToImage(client.x, client.y);
    const grip = this.#press?.grip ?? { x: 0, y: 0 };
    return { x: Math.max(0, Math.min(columns, x + grip.x)), y: Math.max(0, Math.min(rows, y + grip.y)) };
  }

  /** @param {Place} client @param {number} reach */
  #markAt(client, reach) {
    const distance = ({ x, y }) => {
      const at = this.view.imageToClient(x, y);
      return Math.hypot(at.x - client.x, at.y - client.y);
    };
    const marks = this.landmarks.marks(this.view.slice).filter((mark) => distance(mark) < reach_pixels * reach);
    return marks.sort((one, other) => distance(one) - distance(other))[0] ?? null;
  }
}
