/** The strip of slices: thumbnails with what was found, the state and the grams of each. */

import { thumbnailPath } from "./api.js";
import { drawThumbnailMask } from "./overlay.js";
import { element, grams, quantityShown, stateWords } from "./words.js";

const marks = {
  pending: "·",
  proposed: "◇",
  accepted: "✓",
  edited: "✎",
  no_scar: "∅",
  excluded: "⊘",
  failed: "!",
};

export class Strip {
  /** @param {HTMLElement} list @param {import("./shapes.js").Stack} stack @param {(index: number) => void} onSlice
   * @param {() => void} onLayout */
  constructor(list, stack, onSlice, onLayout) {
    this.onLayout = onLayout;
    this.items = stack.slices.map((slice, index) => this.#item(slice, index, onSlice));
    list.replaceChildren(...this.items.map(({ item }) => item));
  }

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
    return { item: element("li", {}, button), button, picture, mark, mass, slice, mask: undefined };
  }

  /** The same slices, large, in place of the image: to be looked over and accepted one after the other. */
  toggleGrid() {
    const isGrid = document.body.classList.toggle("grid");
    for (const entry of this.items) entry.mask = undefined;
    for (const button of document.querySelectorAll('[data-command="grid"]'))
      button.setAttribute("aria-pressed", String(isGrid));
    this.onLayout();
  }

  /** @param {import("./draft.js").Draft|null} draft @param {number} shown */
  show(draft, shown) {
    this.items.forEach((entry, index) => {
      entry.button.setAttribute("aria-current", String(index === shown));
      const read = draft?.slice(entry.slice);
      const state = read?.state ?? "pending";
      entry.button.dataset.state = state;
      entry.button.setAttribute("aria-label", `Slice ${index + 1}, ${stateWords[state]}`);
      entry.button.title = `Slice ${index + 1}: ${stateWords[state]}`;
      entry.mark.textContent = marks[state];
      const { quantity } = quantityShown(read?.mass, draft?.reading.mass_extent);
      entry.mass.textContent = state === "excluded" ? "left out" : quantity ? `${grams(quantity)} g` : "";
      entry.button.dataset.unsaved = String(draft?.isAwaiting(entry.slice) ?? false);
      const mask = read?.mask ?? null;
      if (mask === entry.mask) return;
      entry.mask = mask;
      drawThumbnailMask(entry.picture.querySelector("canvas"), mask);
    });
    if (shown !== this.shown) this.items[shown].button.scrollIntoView({ block: "nearest" });
    this.shown = shown;
  }
}
