/** The strip of slices: thumbnails with what was found, the state and the grams of each. */

import { thumbnailPath } from "../common/api.js";
import { drawThumbnailMask, typeScale } from "../image/overlay.js";
import { element, grams, quantityShown, stateWords } from "../common/format.js";

const marks = {
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

  /** @param {HTMLElement} list @param {import("../common/types.js").Stack} stack @param {(index: number) => void} onSlice
   * @param {() => void} onLayout */
  constructor(list, stack, onSlice, onLayout) {
    Object.assign(this, { list, onLayout });
    this.items = stack.slices.map((slice, index) => this.#item(slice, index, onSlice));
    list.replaceChildren(...this.items.map(({ item }) => item));
    new ResizeObserver(() => this.#layOut()).observe(list.parentElement);
  }

  /** How many slices lie side by side. */
  across = 1;

  #item(slice, index, onSlice) {
    const [rowSpacing, columnSpacing] = slice.pixel_spacing_mm;
    const picture = element(
      "span",
      { class: "picture", style: `aspect-ratio: ${slice.columns * columnSpacing} / ${slice.rows * rowSpacing}` },
      element("img", { src: thumbnailPath(slice), alt: "", loading: "lazy", draggable: "false" }),
      element("canvas", { "aria-hidden": "true" }),
    );
    const mark = element("span", { class: "mark", "aria-hidden": "true" });
    const mass = element("span", { class: "grams" });
    const caption = element("span", { class: "caption" }, element("b", {}, String(index + 1)), mark, mass);
    const button = element("button", { type: "button", tabindex: -1 }, picture, caption);
    button.addEventListener("click", () => {
      button.blur();
      onSlice(index);
    });
    button.addEventListener("dblclick", () => this.#isGrid && this.toggleGrid());
    return { item: element("li", {}, button), button, picture, mark, mass, slice, drawn: null };
  }

  /** The same slices, large, in place of the image: to be looked over and accepted one after the other. */
  toggleGrid() {
    this.#isGrid = document.body.classList.toggle("grid");
    for (const button of document.querySelectorAll('[data-command="grid"]'))
      button.setAttribute("aria-pressed", String(this.#isGrid));
    this.#layOut();
    this.items[this.shown].button.scrollIntoView({ block: "nearest" });
  }

  /** Side by side, show the heart rather than the whole chest. @param {import("../common/types.js").Box|null} heart */
  closeUp(heart) {
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
    const { style, parentElement } = this.list;
    const size = typeScale();
    const { clientWidth: width, clientHeight: height } = parentElement;
    const { rows, columns, pixel_spacing_mm } = this.items[0].slice;
    const tall = (rows * pixel_spacing_mm[0]) / (columns * pixel_spacing_mm[1]);
    const heightOf = (across) => Math.ceil(this.items.length / across) * ((width / across) * tall + 32 * size);
    const most = Math.max(1, Math.floor(width / (narrowest * size)));
    this.across = 1;
    if (this.#isGrid) while (this.across < most && heightOf(this.across) > height) this.across++;
    style.setProperty("--columns", this.across);
    const { scale, left, top } = this.#isGrid ? this.#view : whole;
    style.setProperty("--scale", scale);
    style.setProperty("--left", `${left * 100}%`);
    style.setProperty("--top", `${top * 100}%`);
    for (const entry of this.items) entry.drawn = null;
    this.onLayout();
  }

  /**
   * @param {import("../reading/draft.js").Draft|null} draft @param {number} shown
   * @param {{fill: boolean, outline: boolean}} look how masks are drawn where there is room
   */
  show(draft, shown, look) {
    this.items.forEach((entry, index) => {
      entry.button.setAttribute("aria-current", String(index === shown));
      const read = draft?.slice(entry.slice);
      const state = read?.state ?? "pending";
      entry.button.dataset.state = state;
      entry.button.setAttribute("aria-label", `Slice ${index + 1}, ${stateWords[state]}`);
      entry.button.title = `Slice ${index + 1}: ${stateWords[state]}`;
      entry.mark.textContent = marks[state];
      const { quantity } = quantityShown(read?.mass, draft?.reading.mass_extent);
      entry.mass.textContent = state === "excluded" ? "excluded" : quantity ? `${grams(quantity)} g` : "";
      entry.button.dataset.unsaved = String(draft?.isAwaiting(entry.slice) ?? false);
      this.#drawMask(entry, read?.mask ?? null, look);
    });
    if (shown !== this.shown) this.items[shown].button.scrollIntoView({ block: "nearest" });
    this.shown = shown;
  }

  #drawMask(entry, mask, look) {
    if (entry.drawn?.mask === mask && entry.drawn.look === `${look.fill} ${look.outline}`) return;
    entry.drawn = { mask, look: `${look.fill} ${look.outline}` };
    const canvas = entry.picture.querySelector("canvas");
    if (this.#isGrid) drawThumbnailMask(canvas, mask, look, this.#view);
    else drawThumbnailMask(canvas, mask, filled, whole);
  }
}
