/** How names, dates, numbers and states are written on the page. */

export const stateWords = {
  pending: "not looked at",
  proposed: "proposed",
  accepted: "accepted",
  edited: "edited",
  no_scar: "no scar",
  excluded: "excluded",
  failed: "failed",
};

/** Edits, as the history tells them. */
export const kindWords = {
  prompt: "boxes or points",
  paint: "painted",
  clear: "cleared",
  no_scar: "no scar",
  accept: "accepted",
  exclude: "excluded",
  include: "included again",
  propose: "proposed again",
  undo: "undo",
  redo: "redo",
};

export const contrastWords = { magnitude: "Magnitude", psir: "PSIR" };

/** @param {string} name a DICOM person name, family^given^middle^prefix^suffix */
export function personName(name) {
  const [family = "", given = "", middle = ""] = (name || "").split("=")[0].split("^");
  const rest = [given, middle].filter(Boolean).join(" ");
  return [family.trim(), rest.trim()].filter(Boolean).join(", ") || "No name";
}

/** @param {string|null} date YYYYMMDD or YYYY-MM-DD; anything else is shown as it came */
export function day(date) {
  if (!date || /^0+$/.test(date)) return "unknown";
  const match = /^(\d{4})-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])$/.exec(date);
  return match ? `${match[1]}-${match[2]}-${match[3]}` : date;
}

const sexes = { M: "male", F: "female", O: "other" };
/** @param {string} moment ISO 8601 @returns {string} the time of day, and the day where it was another one */
export function timeOf(moment) {
  const at = new Date(moment);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString()} ${time}`;
}

export const sex = (code) => sexes[code] || code || "sex unknown";

export const grams = (quantity) => (quantity ? quantity.mass_g.toFixed(2) : "–");
export const millilitres = (quantity) => (quantity ? quantity.volume_ml.toFixed(2) : "–");
/**
 * One slice's quantity by the site's extent, or by the other one where the header does not know that extent.
 * @param {import("./types.js").Mass|null} mass @param {"slice_thickness"|"slice_spacing"} extent
 * @returns {{quantity: import("./types.js").Quantity|null, by: string}}
 */
export function quantityShown(mass, extent) {
  const known = ["slice_thickness", "slice_spacing"].filter((each) => mass?.[`by_${each}`]);
  const shown = known.includes(extent) ? extent : known[0];
  return shown ? { quantity: mass[`by_${shown}`], by: shown.replace("slice_", "") } : { quantity: null, by: "" };
}

export const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toFixed(digits));
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
export const millimetres = (value, digits = 1) => (value === null ? "unknown" : `${value.toFixed(digits)} mm`);

/**
 * An element with text and attributes; data reach the page through textContent only.
 * @param {string} tag @param {object} [attributes] @param {...(string|Node)} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}
