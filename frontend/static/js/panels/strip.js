/** The strip of slices: thumbnails with what was found, the state and the grams of each. */

import { thumbnailPath } from "../common/api.js";
import { buttonsOf, element } from "../common/dom.js";
import { endName, grams, plusMinus, quantityShown, stateNames } from "../common/format.js";
import { drawThumbnailMask } from "../image/overlay.js";
import { typeScale } from "../image/pen.js";
import { isSameSlice, keyOf, segmentOf, warningsOf } from "../reading/segments.js";
import { StripImages } from "./strip_images.js";

/** @type {Record<import("../common/types.js").SliceState, string>} */
const symbols = {
  pending: "·",
  proposed: "◇",
  accepted: "✓",
  edited: "✎",
  no_scar: "∅",
  excluded: "⊘",
  failed: "!",
};

/** A slice side by side with the others is at least so wide, in CSS pixels at the smallest type size. */
const narrowest = 165;
/** How much of a picture the heart takes when it is looked at closely. */
const heart_share = 0.55;
/** A small thumbnail has no room for an outline. */
const filled = { fill: true, outline: false, strength: 0.8 };
const whole = { scale: 1, left: 0, top: 0 };

export class Strip {
  #isGrid = false;
  #view = whole;
  #shown = -1;
  /** @type {"first"|"last"|null} which end of the stack is the apex */
  apex = null;
  /** How many slices lie side by side. */
  across = 1;

  /**
   * @param {HTMLElement} list @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../image/display.js").Display} display
   * @param {import("../reading/spread.js").Spread} spread
   */
  constructor(list, slices, draft, display, spread) {
    this.list = list;
    this.nav = /** @type {HTMLElement} */ (list.parentElement);
    this.slices = slices;
    this.draft = draft;
    this.display = display;
    this.spread = spread;
    this.items = this.#itemsOfSlices();
    const pictures = () => this.items.map(({ pixels, slice }) => ({ canvas: pixels, slice }));
    this.images = new StripImages(slices.view, pictures, () => this.#layOut());
    slices.addEventListener("change", () => {
      this.items = this.#itemsOfSlices();
      this.images.renew();
      this.#layOut();
    });
    new ResizeObserver(() => this.#layOut()).observe(this.nav);
  }

  /** Those of slices that were there before stay: their pictures are loaded. */
  #itemsOfSlices() {
    const before = new Map(this.items?.map((item) => [keyOf(item.slice), item]));
    const items = this.slices.list.map((slice) => before.get(keyOf(slice)) ?? this.#item(slice));
    this.list.replaceChildren(...items.map(({ item }) => item));
    return items;
  }

  /** @param {import("../common/types.js").Slice} slice */
  #item(slice) {
    const pixels = element("canvas", { class: "pixels", width: 1, height: 1, "aria-hidden": "true" });
    const overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
    const image = element("img", { src: thumbnailPath(slice), alt: "", loading: "lazy", draggable: "false" });
    const turned = element("span", { class: "turned" }, image, pixels, overlay);
    const end = element("span", { class: "end" });
    const warned = element("span", { class: "mark warned", hidden: "" }, "!");
    const unsure = element("span", { class: "mark unsure", hidden: "" }, "?");
    const marks = element("span", { class: "marks" }, unsure, warned);
    const picture = element("span", { class: "picture" }, turned, end, marks);
    const symbol = element("span", { class: "symbol", "aria-hidden": "true" });
    const mass = element("span", { class: "grams" });
    const number = element("b");
    const caption = element("span", { class: "caption" }, number, symbol, mass);
    const button = element("button", { type: "button", tabindex: -1 }, picture, caption);
    button.addEventListener("click", () => {
      button.blur();
      void this.slices.go(this.slices.indexOf(slice));
    });
    button.addEventListener("dblclick", () => this.#isGrid && this.toggleGrid());
    return {
      item: element("li", {}, button),
      button,
      picture,
      pixels,
      overlay,
      end,
      warned,
      unsure,
      number,
      symbol,
      mass,
      slice,
      drawn: null,
    };
  }

  /** The same slices, large, in place of the image: to be looked over and accepted one after the other. */
  toggleGrid() {
    this.#isGrid = document.body.classList.toggle("grid");
    for (const button of buttonsOf("grid")) button.setAttribute("aria-pressed", String(this.#isGrid));
    this.#layOut();
    this.items[this.slices.index].button.scrollIntoView({ block: "nearest" });
  }

  /** Side by side, show the heart rather than the whole chest. @param {import("../common/types.js").Box|null} heart */
  zoomTo(heart) {
    this.#view = whole;
    if (heart) {
      const { rows, columns } = this.items[0].slice;
      const part = Math.max((heart.x1 - heart.x0) / columns, (heart.y1 - heart.y0) / rows);
      const scale = Math.min(6, Math.max(1, heart_share / part));
      const offset = (middle) => Math.max(1 - scale, Math.min(0, 0.5 - middle * scale));
      const [x, y] = [(heart.x0 + heart.x1) / 2 / columns, (heart.y0 + heart.y1) / 2 / rows];
      this.#view = { scale, left: offset(x), top: offset(y) };
    }
    this.#layOut();
  }

  /** As few columns as let every slice be seen at once, unless they would be too narrow to judge. */
  #layOut() {
    const { style } = this.list;
    const size = typeScale();
    const { clientWidth: width, clientHeight: height } = this.nav;
    const { rows, columns, pixel_spacing_mm } = this.items[0].slice;
    const { quarters, mirrored } = this.slices.view.turn;
    const upright = (rows * pixel_spacing_mm[0]) / (columns * pixel_spacing_mm[1]);
    const tall = quarters % 2 ? 1 / upright : upright;
    const heightOf = (across) => Math.ceil(this.items.length / across) * ((width / across) * tall + 32 * size);
    const most = Math.max(1, Math.floor(width / (narrowest * size)));
    this.across = 1;
    if (this.#isGrid) while (this.across < most && heightOf(this.across) > height) this.across++;
    style.setProperty("--columns", String(this.across));
    style.setProperty("--tall", String(tall));
    style.setProperty("--turn", `${quarters * 90}deg`);
    style.setProperty("--mirror", mirrored ? "-1" : "1");
    style.setProperty("--turned-width", quarters % 2 ? `${100 * tall}%` : "100%");
    style.setProperty("--turned-height", quarters % 2 ? `${100 / tall}%` : "100%");
    const { scale, left, top } = this.#isGrid ? this.#view : whole;
    style.setProperty("--scale", String(scale));
    style.setProperty("--left", `${left * 100}%`);
    style.setProperty("--top", `${top * 100}%`);
    for (const entry of this.items) entry.drawn = null;
    this.show();
  }

  /** Mark these slices. @param {Partial<import("../common/types.js").SliceKey>[]} slices */
  light(slices) {
    for (const { button, slice } of this.items)
      button.dataset.lit = String(slices.some((each) => isSameSlice(each, slice)));
  }

  get isGrid() {
    return this.#isGrid;
  }

  /** The slices whose pictures can be seen, by their place. @returns {number[]} */
  get seen() {
    const { top, bottom } = this.nav.getBoundingClientRect();
    const isSeen = ({ picture }) => {
      const place = picture.getBoundingClientRect();
      return Math.min(place.bottom, bottom) - Math.max(place.top, top) > 0.8 * place.height;
    };
    return this.items.flatMap((entry, index) => (isSeen(entry) ? [index] : []));
  }

  show() {
    const { slices, draft } = this;
    const first = this.spread.first;
    this.items.forEach((entry, index) => {
      entry.button.setAttribute("aria-current", String(index === slices.index));
      const read = draft.slice(entry.slice);
      const { state } = read;
      const { mask, mass } = segmentOf(read);
      entry.button.dataset.state = state;
      const end = endName(index, slices.length, this.apex);
      const warnings = warningsOf(read);
      const isFirst = first.some((each) => isSameSlice(each, entry.slice));
      const told = [stateNames[state], ...warnings, ...(isFirst ? [this.#unsureText(entry.slice)] : [])].join(", ");
      entry.button.setAttribute("aria-label", `Slice ${index + 1}${end && `, ${end}`}, ${told}`);
      entry.button.title = `Slice ${index + 1}${end && ` (${end})`}: ${told}`;
      entry.warned.hidden = !warnings.length;
      entry.unsure.hidden = !isFirst;
      entry.end.textContent = end;
      entry.number.textContent = String(index + 1);
      entry.symbol.textContent = symbols[state];
      const { quantity } = mass ? quantityShown(mass, draft.reading.mass_extent) : { quantity: null };
      entry.mass.textContent = state === "excluded" ? "excluded" : quantity ? `${grams(quantity)} g` : "";
      entry.button.dataset.unsaved = String(draft.isAwaiting(entry.slice));
      this.#drawMask(entry, mask);
    });
    if (slices.index !== this.#shown) this.items[slices.index].button.scrollIntoView({ block: "nearest" });
    this.#shown = slices.index;
  }

  #unsureText(slice) {
    const { quantity } = quantityShown(this.spread.of(slice), this.draft.reading.mass_extent);
    return `check first: ${plusMinus(quantity)}`;
  }

  #drawMask(entry, mask) {
    const { fill, outline } = this.display.style;
    const style = `${fill} ${outline}`;
    if (entry.drawn?.mask === mask && entry.drawn.style === style) return;
    entry.drawn = { mask, style };
    const canvas = entry.overlay;
    if (this.#isGrid) drawThumbnailMask(canvas, mask, { fill, outline }, this.#view);
    else drawThumbnailMask(canvas, mask, filled, whole);
  }
}
