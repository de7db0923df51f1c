/** Readers' reference methods beside the reading: their grams, one's mask on the image, and what it takes to adopt it. */

import { element, find } from "../common/dom.js";
import { difference, grams, number, quantityShown } from "../common/format.js";

/** @typedef {import("../common/types.js").Schemas["MethodAnswer"]} Answer */
/** @typedef {import("../common/types.js").Schemas["Region"]} Region */

const chooseOne = "Choose a method: its outline is hatched on the image.";
const regionNames = { remote: "remote", hyperenhanced: "hyperenhanced" };

export class MethodsPanel {
  /**
   * @param {HTMLElement} place
   * @param {object} page
   * @param {import("./parts.js").Parts} page.parts
   * @param {import("../reading/methods.js").Methods} page.methods
   * @param {import("../reading/regions.js").Regions} page.regions
   * @param {import("../image/slices.js").Slices} page.slices
   * @param {import("../reading/draft.js").Draft} page.draft
   * @param {import("../reading/actions.js").Actions} page.actions
   * @param {import("../tools/tools.js").Tools} page.tools
   */
  constructor(place, { parts, methods, regions, slices, draft, actions, tools }) {
    this.place = place;
    this.parts = parts;
    this.methods = methods;
    this.regions = regions;
    this.slices = slices;
    this.draft = draft;
    this.actions = actions;
    this.tools = tools;
    parts.addEventListener("change", () => {
      methods.setOn(!place.hidden);
      if (place.hidden && this.#isPlacing) tools.choose("prompt");
    });
    methods.setOn(!place.hidden);
    for (const button of place.querySelectorAll("[data-adopt]"))
      onPress(button, () => this.#adopt(button.getAttribute("data-adopt") === "stack"));
    onPress(find("[data-remove]", place), () => regions.removeOn(slices.current));
  }

  /** All of it, or the overview again. */
  toggle() {
    this.parts.show(this.parts.shown === "methods" ? "overview" : "methods");
  }

  /** Take the tool that places a region, or lay it down again. @param {Region} region */
  choose(region) {
    if (!this.draft.isOpen) return;
    this.parts.show("methods");
    this.tools.choose(this.tools.chosen === region ? "prompt" : region);
  }

  get #isPlacing() {
    return this.tools.chosen in regionNames;
  }

  #adopt(isOnStack) {
    const { answer } = this.methods;
    if (answer) this.actions.adopt(answer.method, this.regions.list, isOnStack);
  }

  show() {
    const { place, draft, methods } = this;
    if (!draft.isOpen || place.hidden) return;
    const { list, answer, chosen, problem } = methods;
    const isNothing = list.length > 0 && list.every(({ mass }) => !mass);
    const table = find("table", place);
    table.setAttribute("aria-busy", String(!methods.isCurrent));
    this.#rows(list, chosen);
    put(place, "said", problem || (isNothing ? notMeasured(list[0]) : list.length ? "" : "Being worked out …"));
    const told = answer && `${answer.label}${byExtents(answer)}.${isNothing ? "" : notMeasured(answer)}`;
    put(place, "label", told ?? chooseOne);
    const isAdoptable = Boolean(answer?.mass) && answer?.method.name !== "grey_zone";
    for (const button of place.querySelectorAll("[data-adopt]")) button.toggleAttribute("disabled", !isAdoptable);
    this.#placed();
  }

  #placed() {
    const placed = this.regions.on(this.slices.current).map(({ region }) => region);
    const told = (region) => `${regionNames[region]} ${placed.includes(region) ? "placed" : "proposed"}`;
    put(this.place, "placed", `Regions on this slice: ${told("remote")}, ${told("hyperenhanced")}`);
    find("[data-remove]", this.place).toggleAttribute("disabled", !placed.length);
  }

  /** @param {Answer[]} list @param {string|null} chosen */
  #rows(list, chosen) {
    const body = find("tbody", this.place);
    // Rows that are there stay, so that the keyboard's focus does.
    if (body.children.length !== list.length) body.replaceChildren(...list.map((_, at) => this.#row(at)));
    const extent = this.draft.reading.mass_extent;
    for (const [at, { key, short, label, mass, percent_of_myocardium: percent, difference_g }] of list.entries()) {
      const row = body.children[at];
      const button = find("button", /** @type {HTMLElement} */ (row), HTMLButtonElement);
      button.textContent = short;
      button.title = label;
      button.setAttribute("aria-pressed", String(key === chosen));
      const texts = [grams(quantityShown(mass, extent).quantity), number(percent, 1), difference(difference_g)];
      for (const [place, cell] of [...row.querySelectorAll("td")].entries()) cell.textContent = texts[place];
    }
  }

  /** @param {number} at */
  #row(at) {
    const button = element("button", { type: "button", class: "quiet" });
    onPress(button, () => {
      const { key } = this.methods.list[at];
      const isChosen = this.methods.chosen === key;
      this.methods.choose(isChosen ? null : key);
      if (!isChosen) this.parts.show("methods");
    });
    return element("tr", {}, element("th", { scope: "row" }, button), ...["g", "%", "g"].map(() => element("td")));
  }
}

/** Both extents have equal rank: the table has room for one. @param {Answer} answer */
function byExtents({ mass }) {
  const { by_slice_thickness: thickness, by_slice_spacing: spacing } = mass ?? {};
  const told = [
    thickness && `${grams(thickness)} g by slice thickness`,
    spacing && `${grams(spacing)} g by slice spacing`,
  ].filter(Boolean);
  return told.length ? `: ${told.join(", ")}` : "";
}

/** @param {Answer} answer */
const notMeasured = ({ because }) => (because ? ` Not measured: ${because}.` : "");

/** A mouse leaves no focus behind, or the next Enter would press the button again. @param {Element} button */
function onPress(button, act) {
  button.addEventListener("click", (event) => {
    if (/** @type {MouseEvent} */ (event).detail > 0) /** @type {HTMLElement} */ (button).blur();
    act();
  });
}

/** @param {HTMLElement} within @param {string} name @param {string} text */
function put(within, name, text) {
  const place = find(`[data-methods="${name}"]`, within);
  if (place.textContent !== text) place.textContent = text;
}
