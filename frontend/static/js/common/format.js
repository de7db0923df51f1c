/** How names, dates, numbers and states are written on the page. */

/** @type {Record<import("./types.js").SliceState, string>} */
export const stateNames = {
  pending: "not looked at",
  proposed: "proposed",
  accepted: "accepted",
  edited: "edited",
  no_scar: "no scar",
  excluded: "excluded",
  failed: "failed",
};

/** Edits, as the history lists them. */
export const editNames = {
  prompt: "boxes or points",
  paint: "painted",
  contour: "contour",
  remove_part: "part removed",
  clear: "cleared",
  no_scar: "no scar",
  accept: "accepted",
  exclude: "excluded",
  include: "included again",
  propose: "proposed again",
  sensitivity: "sensitivity",
  threshold: "method adopted",
  landmark: "insertion points",
  pattern: "pattern",
  wall: "what counts as the wall",
  take_over: "new images taken over",
  exchange: "another image of the position",
  import: "taken from a segmentation",
  undo: "undo",
  redo: "redo",
};

/** Where in the wall the enhancement lies, from the blood outwards. */
export const layerNames = {
  subendocardial: "subendocardial",
  mid_wall: "mid-wall",
  epicardial: "epicardial",
  transmural: "transmural",
};

/** @param {import("./types.js").Pattern} pattern as a reader states it */
export function patternText({ layer, ischaemic }) {
  if (!layer) return "not stated";
  const cause = { true: ", ischaemic", false: ", non-ischaemic" }[String(ischaemic)] ?? "";
  return `${layerNames[layer]}${cause}`;
}

/** What the grams are called: an infarct's only where a reader says so. @param {import("./types.js").Pattern|null} pattern */
export const massName = (pattern) => (pattern?.ischaemic ? "Infarct mass" : "LGE mass");

/**
 * What a slice at an end of its stack is called; nothing where that is not known.
 * @param {number} index @param {number} length of the stack @param {"first"|"last"|null} apex which end is the apex
 */
export function endName(index, length, apex) {
  if (!apex || length < 2 || (index > 0 && index < length - 1)) return "";
  return (index === 0) === (apex === "first") ? "apex" : "base";
}

export const contrastNames = { magnitude: "Magnitude", psir: "PSIR" };

/** @param {import("./types.js").Growth} growth */
export function growthText({ images, slices }) {
  const more = `The study has grown since: ${counted(images, "image")} more`;
  return slices === images ? more : `${more}, ${slices ? counted(slices, "new slice") : "no new slice"}`;
}

/** @param {string|null} name a DICOM person name, family^given^middle^prefix^suffix */
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

/** @param {string} time of DICOM, HHMMSS.F @returns {string} HH:MM:SS; nothing where it is none */
export function timeOfDay(time) {
  const match = /^(\d\d):?(\d\d):?(\d\d)/.exec(time);
  return match ? match.slice(1).join(":") : "";
}

/** @param {string} moment ISO 8601 @returns {string} the time of day, and the day where it was another one */
export function timeOf(moment) {
  const at = new Date(moment);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return at.toDateString() === new Date().toDateString() ? time : `${at.toLocaleDateString()} ${time}`;
}

/** @param {string} moment ISO 8601 @returns {string} the day and the time of day */
export function dayAndTimeOf(moment) {
  const at = new Date(moment);
  return `${at.toLocaleDateString()}, ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
}

/** @param {string} moment ISO 8601 @returns {string} how long ago */
export function ago(moment) {
  const minutes = Math.max(0, Date.now() - Date.parse(moment)) / 60_000;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${counted(Math.floor(minutes / 60 / 24), "day")} ago`;
}

/** @param {number} seconds @returns {string} minutes and seconds */
export function duration(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** @param {string} author as it is stored: there is no login yet */
export const readerShown = (author) =>
  author.replace(/ \(unauthenticated\)$/, "").replace(/^unauthenticated reader$/, "no name");

const sexes = { M: "male", F: "female", O: "other" };
/** @param {string} code of DICOM */
export const sex = (code) => sexes[code] || code || "sex unknown";

export const grams = (quantity) => (quantity ? quantity.mass_g.toFixed(2) : "–");
/**
 * How far a mass may lie off, in the digits that mean something; nothing where it is not known.
 * @param {import("./types.js").Quantity|null|undefined} quantity
 */
export const plusMinus = (quantity) =>
  quantity ? `± ${quantity.mass_g.toFixed(quantity.mass_g < 9.95 ? 1 : 0)} g` : "";
export const millilitres = (quantity) => (quantity ? quantity.volume_ml.toFixed(2) : "–");
/**
 * One slice's quantity by the site's extent, or by the other one where the header does not know that extent.
 * @param {import("./types.js").Mass|null} mass @param {"slice_thickness"|"slice_spacing"} extent
 * @returns {{quantity: import("./types.js").Quantity|null, by: string}}
 */
export function quantityShown(mass, extent) {
  const { by_slice_thickness: thickness = null, by_slice_spacing: spacing = null } = mass ?? {};
  const byThickness = { quantity: thickness, by: "thickness" };
  const bySpacing = { quantity: spacing, by: "spacing" };
  const inOrder = extent === "slice_thickness" ? [byThickness, bySpacing] : [bySpacing, byThickness];
  return inOrder.find(({ quantity }) => quantity) ?? { quantity: null, by: "" };
}

/** @param {number|null} value in grams @returns {string} with its sign */
export const difference = (value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`);
export const number = (value, digits = 0) => (value === null || value === undefined ? "–" : value.toFixed(digits));
/** @param {number} count @param {string} noun @param {string} [plural] */
export const counted = (count, noun, plural = `${noun}s`) => `${count} ${count === 1 ? noun : plural}`;
export const fileSize = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
export const millimetres = (value, digits = 1) => (value === null ? "unknown" : `${value.toFixed(digits)} mm`);
