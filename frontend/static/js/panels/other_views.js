/** What the study shows beside the stack: listed when it is asked for, and one of it shown beside the image. */

import { getImages, getOtherViews } from "../common/api.js";
import { buttonsOf, element, find } from "../common/dom.js";
import { counted } from "../common/format.js";
import { drawCut } from "../image/canvas.js";
import { areParallel, cutOf, distance_mm } from "../image/cut.js";
import { OtherImage } from "./other_image.js";

/** @typedef {import("../common/types.js").Schemas["OtherView"]} OtherView */

export class OtherViews {
  /** @type {OtherImage|null} */
  #image = null;
  /** @type {OtherView|null} the one that is open, or was when the views were closed */
  #open = null;
  #isListed = false;

  /**
   * @param {HTMLElement} pane @param {string} stackId @param {import("../image/slices.js").Slices} slices
   * @param {HTMLCanvasElement} cut over the slices' image @param {import("../tools/presets.js").Habit} habit
   */
  constructor(pane, stackId, slices, cut, habit) {
    this.pane = pane;
    this.stackId = stackId;
    this.slices = slices;
    this.cut = cut;
    this.habit = habit;
    find("[data-back]", pane).addEventListener("click", () => this.#showList());
    find("[data-close]", pane).addEventListener("click", () => this.close());
    pane.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
    slices.addEventListener("move", () => this.#follow());
    slices.view.addEventListener("view", () => this.#drawLines());
  }

  get isOpen() {
    return !this.pane.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else void this.open();
  }

  close() {
    this.#setOpen(false);
    this.#drawLines();
    this.slices.view.element.focus({ preventScroll: true });
  }

  async open() {
    this.#setOpen(true);
    if (this.#open) this.#follow();
    else this.#showList();
    if (!this.#isListed) await this.#list();
  }

  /** @param {boolean} isOpen */
  #setOpen(isOpen) {
    this.pane.hidden = !isOpen;
    document.body.classList.toggle("with-other-views", isOpen);
    for (const button of buttonsOf("other_views")) button.setAttribute("aria-pressed", String(isOpen));
  }

  async #list() {
    try {
      const { views } = await getOtherViews(this.stackId);
      this.#isListed = true;
      this.#fill(views);
    } catch (error) {
      this.#say(`The other views cannot be listed: ${error.message}`);
    }
  }

  /** @param {OtherView[]} views */
  #fill(views) {
    const listed = (heading, ofGroup) =>
      ofGroup.length ? [element("h3", {}, heading), element("ul", {}, ...ofGroup.map((view) => this.#item(view)))] : [];
    const list = find(".list", this.pane);
    list.replaceChildren(
      ...listed(
        "Across these slices",
        views.filter(({ is_parallel }) => !is_parallel),
      ),
      ...listed(
        "Along these slices",
        views.filter(({ is_parallel }) => is_parallel),
      ),
    );
    list.querySelector("button")?.focus();
    this.#say(views.length ? "" : "The study has no other images.");
  }

  /** @param {OtherView} view */
  #item(view) {
    const { description, contrast, number_of_positions: positions, number_of_phases: phases } = view;
    const many = phases > 1 ? `${counted(positions, "position")} × ${phases} phases` : counted(positions, "image");
    const told = contrast === "psir" ? `${many}, PSIR` : many;
    const button = element("button", { type: "button" }, element("b", {}, description), element("span", {}, told));
    button.addEventListener("click", () => void this.#choose(view));
    return element("li", {}, button);
  }

  #say(text) {
    find("[data-views=said]", this.pane).textContent = text;
  }

  #showList() {
    this.#open = null;
    this.pane.classList.remove("shows-image");
    find("[data-views=title]", this.pane).textContent = "Other views";
    this.#drawLines();
  }

  /** @param {OtherView} view */
  async #choose(view) {
    this.#open = view;
    this.#say("");
    try {
      const { images } = await getImages(view.stack_id);
      if (this.#open !== view) return;
      this.pane.classList.add("shows-image");
      find("[data-views=title]", this.pane).textContent = view.description;
      const isApart = !view.shares_positions;
      find("[data-other=lines]", this.pane).textContent = isApart ? "another frame of reference: no lines" : "";
      this.#image ??= this.#newImage(images);
      this.#image.view.element.focus({ preventScroll: true });
      await this.#image.open(images, this.#nearest(images, 1) ?? Math.floor(images.length / 2));
    } catch (error) {
      if (this.#open !== view) return;
      this.#showList();
      this.#say(`“${view.description}” cannot be opened: ${error.message}`);
    }
  }

  /** @param {import("./other_image.js").ViewImage[]} images that it opens with */
  #newImage(images) {
    const image = new OtherImage(find(".other-image", this.pane), this.habit, images);
    image.addEventListener("view", () => this.#drawLines());
    return image;
  }

  /**
   * Of images along the slices, the one at the reader's slice and of a phase.
   * @param {import("./other_image.js").ViewImage[]} images @param {number} phase
   */
  #nearest(images, phase) {
    const { current } = this.slices;
    if (!this.#open?.shares_positions || !areParallel(images[0], current)) return null;
    const mm = images.map((image) => distance_mm(image, current));
    const nearest_mm = Math.min(...mm);
    const phases = images.map((image, at) =>
      mm[at] < nearest_mm + same_mm ? Math.abs(image.phase - phase) : Number.POSITIVE_INFINITY,
    );
    return phases.indexOf(Math.min(...phases));
  }

  /** The reader went to another slice: what lies along it goes there too. */
  #follow() {
    const image = this.#image;
    if (!this.isOpen || !this.#open || !image?.images.length) return;
    const nearest = this.#nearest(image.images, image.images[image.index].phase);
    if (nearest !== null) void image.go(nearest);
    this.#drawLines();
  }

  /** Where each of the two images cuts the other. */
  #drawLines() {
    const { view } = this.slices;
    const image = this.#image;
    const other = this.isOpen && this.#open?.shares_positions ? image?.shown : null;
    const cut = (on, by) => (other && view.shown >= 0 ? cutOf(on, by) : null);
    if (view.shown >= 0) drawCut(this.cut, cut(view.slice, other), view);
    if (image?.shown)
      drawCut(find(".other-cut", this.pane, HTMLCanvasElement), cut(image.shown, view.slice), image.view);
  }
}

/** Positions that differ by less are one. */
const same_mm = 0.5;
