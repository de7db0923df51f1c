/** Where the keyboard is in the worklist's table, and how the worklist was left. Its search may name a patient. */

import { isWithin } from "../common/dom.js";
import { session } from "../common/session.js";

/**
 * @typedef {object} Place
 * @property {string} row what it shows @property {number} at where the first row of its study is in the table
 * @property {string|null} kind which element of the row has the focus; null where none has: it waits for the keyboard
 *
 * @typedef {{search: string, state: string, removed: boolean, count: number, place: Place|null}} Left
 */

/** What of a row takes the focus: its link, its box, its menu. */
const kinds = ["a", "[data-select]", ".menu [popovertarget]"];

/** @param {HTMLElement} table @returns {HTMLTableRowElement[]} */
const rowsOf = (table) => [...table.querySelectorAll("tbody tr")].filter((row) => row instanceof HTMLTableRowElement);

/** @param {HTMLElement} table @returns {Place|null} */
export function placeIn(table) {
  const rows = rowsOf(table);
  const focused = rows.find((row) => row.contains(document.activeElement));
  const row = focused ?? rows.find((each) => each.querySelector("a[tabindex='0']"));
  if (!row) return null;
  const kind = kinds.find((each) => isWithin(document.activeElement, each)) ?? kinds[2];
  const at = rows.findIndex((each) => each.parentElement === row.parentElement);
  return { row: row.dataset.row ?? "", at, kind: focused ? kind : null };
}

/**
 * Its row; where that is gone, the one that took its place. @param {HTMLElement} table @param {Place} place
 * @returns {{row: HTMLElement|undefined, focus: HTMLElement|null}} focus: what has the focus there
 */
export function found(table, { row, at, kind }) {
  const rows = rowsOf(table);
  const next = kind ? rows[Math.min(at, rows.length - 1)] : rows[0];
  const place = rows.find((each) => each.dataset.row === row) ?? next;
  return { row: place, focus: (kind && (place?.querySelector(kind) ?? place?.querySelector("a"))) || null };
}

const keptAt = () => session.keyOf("scarmass.worklist");

/** As this person left it last in this tab; the tab alone keeps it. @returns {Left} */
export function left() {
  const fresh = { search: "", state: "", removed: false, count: 1, place: null };
  try {
    return { ...fresh, ...JSON.parse(sessionStorage.getItem(keptAt()) ?? "{}") };
  } catch {
    return fresh;
  }
}

/** Who signed out leaves nothing. @param {Left} left */
export function leave(left) {
  if (session.isEnded) sessionStorage.removeItem(keptAt());
  else sessionStorage.setItem(keptAt(), JSON.stringify(left));
}
