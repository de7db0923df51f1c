/** Whose heart this is: the identity in the header, and the study, contrast and kind of stack in the panel. */

import { day, element, millimetres, personName, sex } from "../common/format.js";

/** @param {import("../common/types.js").Stack} stack */
export function showPatient({ patient, study_date, study_description, description, slices, warnings }) {
  document.title = `${personName(patient.name)} · ${day(study_date)} · ScarMass`;
  fill("name", personName(patient.name));
  fill("id", patient.id || "no ID");
  fill("born", day(patient.birth_date));
  fill("sex", sex(patient.sex));
  fill("date", day(study_date));
  fill("study", study_description || "no description");
  fill("stack", description || "no description");
  const [first] = slices;
  const [rowSpacing, columnSpacing] = first.pixel_spacing_mm;
  fill("slices", `${slices.length} of ${first.columns} × ${first.rows}`);
  fill("pixel", `pixel ${columnSpacing.toFixed(2)} × ${rowSpacing.toFixed(2)} mm`);
  fill("thickness", millimetres(first.slice_thickness_mm));
  fill("spacing", range(slices.map((slice) => slice.slice_spacing_mm)));
  const list = document.getElementById("warnings");
  list.hidden = !warnings?.length;
  list.replaceChildren(...(warnings ?? []).map((warning) => element("li", {}, warning)));
}

/** @param {(number|null)[]} values */
function range(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return "unknown";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return high - low < 0.05 ? millimetres(high) : `${low.toFixed(1)} to ${millimetres(high)}`;
}

function fill(name, text) {
  for (const place of document.querySelectorAll(`[data-patient="${name}"]`)) {
    place.textContent = text;
    place.title = text;
  }
}

/**
 * What kind of stack this is; one that is not LGE is read only when the reader says so.
 * @param {import("../common/types.js").Stack} stack @param {import("../reading/draft.js").Draft|null} draft
 */
export function showKind({ contrast, is_lge, is_lge_because }, draft) {
  const [badge, because, change] = ["lge", "lge-because", "lge-change"].map((id) => document.getElementById(id));
  document.getElementById("contrast").value = contrast;
  badge.textContent = is_lge ? "LGE" : "Not LGE";
  badge.dataset.lge = String(is_lge);
  because.textContent = because.title = is_lge_because;
  change.title = is_lge ? "Mark as not LGE" : "Mark as LGE";
  change.setAttribute("aria-label", change.title);
  document.getElementById("not-lge").hidden = is_lge || draft !== null;
  document.getElementById("not-lge-text").textContent =
    `This stack was not recognised as late gadolinium enhancement: ${is_lge_because}.`;
}
