/** Which readings of the worklist are selected, and their totals as one table. */

import { totalsPath } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { counted } from "../common/format.js";

/** As many as the server puts into one table. */
export const most_readings = 200;

export class Selection {
  /** @type {Map<string, string>} ids of readings, with the ids of their stacks */
  #stacks = new Map();

  /** @param {HTMLElement} table whose rows have the boxes */
  constructor(table) {
    this.table = table;
    const whole = byId("select-all", HTMLInputElement);
    whole.addEventListener("change", () => {
      for (const box of this.#boxes) this.#set(box, whole.checked);
      this.show();
    });
    table.addEventListener("change", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.matches("[data-select]")) return;
      this.#set(box, box.checked);
      this.show();
    });
    byId("select-none").addEventListener("click", () => {
      this.#stacks.clear();
      this.show();
    });
  }

  /** @returns {HTMLInputElement[]} of the rows that are shown */
  get #boxes() {
    return [...this.table.querySelectorAll("input[data-select]")].filter((box) => box instanceof HTMLInputElement);
  }

  /** @param {HTMLInputElement} box @param {boolean} isSelected */
  #set({ value, dataset }, isSelected) {
    if (isSelected) this.#stacks.set(value, dataset.stack ?? "");
    else this.#stacks.delete(value);
  }

  /** Select the reading of the row that an element lies in, or no longer. @param {Element} within */
  toggle(within) {
    const box = within.closest("tr")?.querySelector("input[data-select]");
    if (box instanceof HTMLInputElement) box.click();
  }

  /** The boxes as they are selected, and what can be done with them. */
  show() {
    const boxes = this.#boxes;
    for (const box of boxes) {
      box.checked = this.#stacks.has(box.value);
      const link = box.closest("tr")?.querySelector("a");
      box.tabIndex = link?.tabIndex ?? 0;
    }
    const selected = boxes.filter((box) => box.checked).length;
    const whole = byId("select-all", HTMLInputElement);
    whole.checked = boxes.length > 0 && selected === boxes.length;
    whole.indeterminate = selected > 0 && !whole.checked;
    const { size } = this.#stacks;
    byId("selected").hidden = size === 0;
    byId("selected-text").textContent =
      size > most_readings
        ? `${size} readings selected: at most ${most_readings} go into one table`
        : `${counted(size, "reading")} selected`;
    for (const format of /** @type {const} */ (["csv", "xlsx"])) {
      const link = byId(`selected-${format}`, HTMLAnchorElement);
      link.href = totalsPath([...this.#stacks.keys()].slice(0, most_readings), format);
      link.hidden = size > most_readings;
    }
    const stacks = [...this.#stacks.values()].map((id) => `stack=${encodeURIComponent(id)}`);
    byId("selected-study", HTMLAnchorElement).href = `/reader-studies#${stacks.join("&")}`;
  }
}

/**
 * The box of a stack's reading; of a stack without one, nothing.
 * @param {import("../common/types.js").StackSummary} stack @param {string} name of the patient
 */
export function selectBox({ reading, stack_id, description }, name) {
  if (!reading) return "";
  const label = `Select ${description || "stack"} of ${name}`;
  const of = { value: reading.id, "data-stack": stack_id };
  return element("input", { type: "checkbox", "data-select": true, ...of, "aria-label": label });
}
