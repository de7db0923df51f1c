/** What is chosen above the worklist's table: a state of its studies, a column to sort them by. */

import { byId, element } from "../common/dom.js";
import { keepSorting, progressNames } from "./order.js";

/** @typedef {import("./order.js").Sorting} Sorting */

/** @param {string} chosen empty for all @param {(state: string) => void} choose */
export function bindStates(chosen, choose) {
  const states = [["", "all"], ...Object.entries(progressNames).filter(([state]) => state !== "failed")];
  const buttons = states.map(([state, text]) => {
    const button = element("button", { type: "button", "aria-pressed": String(state === chosen) }, text);
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      choose(state);
    });
    return button;
  });
  byId("states").replaceChildren(...buttons);
}

/** @param {HTMLElement} table */
const headings = (table) => table.querySelectorAll("th[data-column]");

/** @param {HTMLElement} table @param {() => Sorting} sorting as it is @param {(sorting: Sorting) => void} choose */
export function bindColumns(table, sorting, choose) {
  for (const heading of headings(table))
    heading.querySelector("button")?.addEventListener("click", () => {
      const column = /** @type {import("./order.js").Column} */ (heading.getAttribute("data-column"));
      const isSame = column === sorting().column;
      const chosen = { column, descends: isSame ? !sorting().descends : column !== "patient" };
      keepSorting(chosen);
      choose(chosen);
    });
}

/** @param {HTMLElement} table @param {Sorting} sorting */
export function showSorting(table, { column, descends }) {
  for (const heading of headings(table)) {
    const isIt = heading.getAttribute("data-column") === column;
    heading.setAttribute("aria-sort", isIt ? (descends ? "descending" : "ascending") : "none");
  }
}
