/** What is shown beside the stack: other stacks of its study, or a prior study. Listed when it is asked for. */

import { getImages, getOtherViews, getPriors } from "../common/api.js";
import { buttonsOf, find } from "../common/dom.js";
import { drawCuts, linesOf } from "../image/canvas.js";
import { cutOf } from "../image/cut.js";
import { alikeOf, lineAt, nearestAlong, ventricleRange } from "../image/linked.js";
import { typeScale } from "../image/pen.js";
import { OtherImage } from "./other_image.js";
import { fillList } from "./other_list.js";
import { Player } from "./player.js";
import { doubtsTold, fetchPrior, PriorOutlines, priorTitle } from "./prior.js";

/** @typedef {import("../common/types.js").Schemas["OtherView"]} OtherView */
/** @typedef {import("../common/types.js").Schemas["Prior"]} Prior @typedef {import("./other_image.js").ViewImage} ViewImage */
/** @typedef {import("../common/types.js").ReadSlice} ReadSlice @typedef {import("../common/types.js").Box} Box */

/**
 * @typedef {object} Shown what is open
 * @property {string} title
 * @property {boolean} sharesPositions with the slices: where it lies among them can be told
 * @property {string} doubts
 * @property {() => Promise<{images: ViewImage[], read?: ReadSlice[], said?: string, heart?: Box|null}>} fetch
 * @property {ReadSlice[]} [read] what the prior's reading has of each image, once they are here
 */

/** How far beside a line a click is on it, in CSS pixels at the smallest type size. */
const line_reach = 6;

const no_lines = "another frame of reference: no lines";
const by_order = "beside by its way from base to apex, not by geometry";

export class OtherViews {
  /** @type {OtherImage|null} */
  #image = null;
  /** @type {Player|null} */
  #player = null;
  /** @type {Shown|null} what is open, or was when the views were closed */
  #open = null;
  #isListed = false;
  /** Do the other image and the slices go to each other's place? */
  #isLinked = true;

  /**
   * @param {HTMLElement} pane @param {import("../common/types.js").Stack} stack @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {HTMLCanvasElement} cut over the slices' image
   * @param {import("../tools/presets.js").Habit} habit
   */
  constructor(pane, stack, slices, draft, cut, habit) {
    this.pane = pane;
    this.stack = stack;
    this.slices = slices;
    this.draft = draft;
    this.cut = cut;
    this.habit = habit;
    this.otherCut = find(".other-cut", pane, HTMLCanvasElement);
    this.outlines = new PriorOutlines(find(".other-outlines", pane, HTMLCanvasElement));
    find("[data-back]", pane).addEventListener("click", () => this.#showList());
    find("[data-close]", pane).addEventListener("click", () => this.close());
    find("[data-link]", pane).addEventListener("click", () => this.#link(!this.#isLinked));
    pane.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.close();
    });
    slices.addEventListener("move", () => this.#follow());
    slices.view.addEventListener("view", () => this.#draw());
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
    this.#player?.pause();
    this.#draw();
    this.slices.view.element.focus({ preventScroll: true });
  }

  /** The pane has the focus, so that Esc closes it; none of its buttons has, as Enter still decides on the slice. */
  async open() {
    this.#setOpen(true);
    this.pane.focus({ preventScroll: true });
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

  /** @param {boolean} isLinked */
  #link(isLinked) {
    this.#isLinked = isLinked;
    find("[data-link]", this.pane).setAttribute("aria-pressed", String(isLinked));
    this.#follow();
  }

  async #list() {
    const { stack_id, study_instance_uid } = this.stack;
    try {
      const [{ views }, { priors }] = await Promise.all([getOtherViews(stack_id), getPriors(study_instance_uid)]);
      this.#isListed = true;
      fillList(find(".list", this.pane), views, priors, {
        view: (view) => void this.#choose(this.#ofView(view)),
        prior: (prior) => void this.#choose(this.#ofPrior(prior)),
      });
      this.#say("said", views.length ? "" : "The study has no other images.");
    } catch (error) {
      this.#say("said", `The other views cannot be listed: ${error.message}`);
    }
  }

  /** @param {OtherView} view @returns {Shown} */
  #ofView({ description, shares_positions, stack_id }) {
    const fetch = () => getImages(stack_id);
    return { title: description, sharesPositions: shares_positions, doubts: "", fetch };
  }

  /** @param {Prior} prior @returns {Shown} */
  #ofPrior(prior) {
    const doubts = doubtsTold(prior, this.stack.patient);
    return { title: priorTitle(prior), sharesPositions: false, doubts, fetch: () => fetchPrior(prior) };
  }

  /** @param {"title"|"badge"|"said"|"doubts"} part @param {string} text */
  #say(part, text) {
    find(`[data-views=${part}]`, this.pane).textContent = text;
  }

  #showList() {
    this.#open = null;
    this.#player?.pause();
    this.pane.classList.remove("shows-image");
    this.#say("title", "Other views");
    this.#say("said", "");
    this.#say("doubts", "");
    this.#draw();
  }

  /** @param {Shown} shown */
  async #choose(shown) {
    this.#open = shown;
    this.#say("said", "");
    try {
      const { images, read, said = "", heart = null } = await shown.fetch();
      if (this.#open !== shown) return;
      shown.read = read;
      this.#head(shown, said);
      this.#image ??= this.#newImage(images);
      this.#image.view.element.focus({ preventScroll: true });
      await this.#image.open(images, this.#placeAmong(images, 1) ?? Math.floor(images.length / 2), heart);
    } catch (error) {
      if (this.#open !== shown) return;
      this.#showList();
      this.#say("said", `“${shown.title}” cannot be opened: ${error.message}`);
    }
  }

  /** @param {Shown} shown @param {string} said */
  #head({ title, doubts, sharesPositions, read }, said) {
    this.pane.classList.add("shows-image");
    this.#say("title", title);
    this.#say("badge", read ? "prior study" : "view only");
    this.#say("said", said);
    this.#say("doubts", doubts);
    find("[data-other=lines]", this.pane).textContent = read ? by_order : sharesPositions ? "" : no_lines;
  }

  /** @param {ViewImage[]} images that it opens with */
  #newImage(images) {
    const image = new OtherImage(find(".other-image", this.pane), this.habit, images);
    image.addEventListener("view", () => this.#draw());
    image.addEventListener("point", (event) => this.#goToLine(/** @type {CustomEvent} */ (event).detail));
    this.#player = new Player(find(".player", this.pane), image);
    return image;
  }

  /**
   * Of images beside the slices, the one where the reader is, and of a phase; null where none is.
   * @param {ViewImage[]} images @param {number} phase
   */
  #placeAmong(images, phase) {
    const { list, index, current } = this.slices;
    if (!this.#open) return null;
    const { read, sharesPositions } = this.#open;
    if (!read) return sharesPositions ? nearestAlong(images, current, phase) : null;
    const range = ventricleRange(list.map((slice) => this.draft.slice(slice)));
    const there = ventricleRange(read);
    // The ventricles are compared where both have contours; else the stacks, whole.
    return range && there ? alikeOf(index, list, images, range, there) : alikeOf(index, list, images);
  }

  /** The reader went to another slice: what is linked goes there too. */
  #follow() {
    const image = this.#image;
    if (!this.isOpen || !this.#open || !image?.images.length) return;
    const place = this.#isLinked ? this.#placeAmong(image.images, image.images[image.index].phase) : null;
    if (place !== null) void image.go(place);
    this.#draw();
  }

  /** Where the slices cut the other image, on its screen. @returns {(import("../image/canvas.js").Line|null)[]} */
  #linesOfSlices() {
    const image = this.#image;
    if (!this.isOpen || !this.#open?.sharesPositions || !image?.shown) return [];
    const on = image.shown;
    return linesOf(
      this.slices.list.map((slice) => cutOf(on, slice)),
      image.view,
    );
  }

  /** A click on a slice's line goes to that slice. @param {{x: number, y: number}} client */
  #goToLine({ x, y }) {
    if (!this.#isLinked) return;
    const { left, top } = this.otherCut.getBoundingClientRect();
    const at = lineAt(this.#linesOfSlices(), { x: x - left, y: y - top }, line_reach * typeScale());
    if (at >= 0) void this.slices.go(at);
  }

  /** Where each of the two images cuts the other, and a prior's outlines. */
  #draw() {
    const { view } = this.slices;
    const image = this.#image;
    const isOn = this.isOpen && this.#open && view.shown >= 0;
    const other = isOn && this.#open?.sharesPositions ? image?.shown : null;
    if (view.shown >= 0) drawCuts(this.cut, other ? linesOf([cutOf(view.slice, other)], view)[0] : null);
    if (!image?.shown) return;
    const [here] = linesOf([other ? cutOf(other, view.slice) : null], image.view);
    drawCuts(this.otherCut, here, this.#isLinked ? this.#linesOfSlices() : []);
    this.outlines.draw((isOn && this.#open?.read?.[image.index]) || null, image.view);
  }
}
