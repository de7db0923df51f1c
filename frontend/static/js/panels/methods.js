/** Readers' reference methods beside the reading: their grams, one's mask on the image, and what it takes to adopt it. */

import { element, find } from "../common/dom.js";
import { difference, grams, number, quantityShown } from "../common/format.js";

/** @typedef {import("../common/types.js").Schemas["MethodAnswer"]} Answer */
/** @typedef {import("../common/types.js").Schemas["Region"]} Region */

const regionNames = { remote: "remote", hyperenhanced: "hyperenhanced" };

export class MethodsPanel {
  /**
   * @param {HTMLDetailsElement} details
   * @param {object} page
   * @param {import("../reading/methods.js").Methods} page.methods
   * @param {import("../reading/regions.js").Regions} page.regions
   * @param {import("../image/slices.js").Slices} page.slices
   * @param {import("../reading/draft.js").Draft} page.draft
   * @param {import("../reading/actions.js").Actions} page.actions
   * @param {import("../tools/tools.js").Tools} page.tools
   */
  constructor(details, { methods, regions, slices, draft, actions, tools }) {
    this.details = details;
    this.methods = methods;
    this.regions = regions;
    this.slices = slices;
    this.draft = draft;
    this.actions = actions;
    this.tools = tools;
    details.addEventListener("toggle", () => {
      methods.setOn(details.open);
      if (!details.open && this.#isPlacing) tools.choose("prompt");
    });
    for (const button of details.querySelectorAll("[data-adopt]"))
      onPress(button, () => this.#adopt(button.getAttribute("data-adopt") === "stack"));
    onPress(find("[data-remove]", details), () => regions.removeOn(slices.current));
  }

  /** Open it, or close it. */
  toggle() {
    if (this.draft.isOpen) this.details.open = !this.details.open;
  }

  /** Take the tool that places a region, or lay it down again. @param {Region} region */
  choose(region) {
    if (!this.draft.isOpen) return;
    this.details.open = true;
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
    const { details, draft, methods } = this;
    details.hidden = !draft.isOpen;
    if (!draft.isOpen || !details.open) return;
    const { list, answer, chosen, problem } = methods;
    const isNothing = list.length > 0 && list.every(({ mass }) => !mass);
    const table = find("table", details);
    table.hidden = !list.length;
    table.setAttribute("aria-busy", String(!methods.isCurrent));
    this.#rows(list, chosen);
    put(details, "said", problem || (isNothing ? notMeasured(list[0]) : list.length ? "" : "Being worked out …"));
    put(details, "label", answer ? `${answer.label}${byExtents(answer)}.${isNothing ? "" : notMeasured(answer)}` : "");
    const isAdoptable = Boolean(answer?.mass) && answer?.method.name !== "grey_zone";
    for (const button of details.querySelectorAll("[data-adopt]")) button.toggleAttribute("disabled", !isAdoptable);
    this.#placed();
  }

  #placed() {
    const placed = this.regions.on(this.slices.current).map(({ region }) => region);
    const told = (region) => `${regionNames[region]} ${placed.includes(region) ? "placed" : "proposed"}`;
    put(this.details, "placed", `Regions on this slice: ${told("remote")}, ${told("hyperenhanced")}`);
    find("[data-remove]", this.details).toggleAttribute("disabled", !placed.length);
  }

  /** @param {Answer[]} list @param {string|null} chosen */
  #rows(list, chosen) {
    const body = find("tbody", this.details);
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
      this.methods.choose(this.methods.chosen === key ? null : key);
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

/** @param {HTMLElement} details @param {string} name @param {string} text */
function put(details, name, text) {
  const place = find(`[data-methods="${name}"]`, details);
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}
