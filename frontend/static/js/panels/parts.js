/** The parts of the reading beneath its figures: one at a time, always in the same place. */

/** @typedef {"overview"|"methods"|"slices"|"history"|"readings"|"details"} PartName */

/** Events: "change" (another part is shown). */
export class Parts extends EventTarget {
  /** @type {PartName} */
  shown = "overview";

  /** @param {HTMLElement} panel with buttons that show a part, and elements that say which parts they are in */
  constructor(panel) {
    super();
    this.panel = panel;
    for (const button of panel.querySelectorAll("[data-show]"))
      button.addEventListener("click", (event) => {
        // A mouse click leaves no focus behind, or the next Enter would press the button again.
        if (/** @type {MouseEvent} */ (event).detail > 0) /** @type {HTMLElement} */ (button).blur();
        this.show(/** @type {PartName} */ (button.getAttribute("data-show")));
      });
    this.show(this.shown);
  }

  /** @param {PartName} name */
  show(name) {
    this.shown = this.panel.dataset.part = name;
    for (const part of this.panel.querySelectorAll("[data-in]"))
      part.toggleAttribute("hidden", !part.getAttribute("data-in")?.split(" ").includes(name));
    for (const button of this.panel.querySelectorAll(".parts [data-show]"))
      button.setAttribute("aria-pressed", String(button.getAttribute("data-show") === name));
    this.dispatchEvent(new Event("change"));
  }
}
