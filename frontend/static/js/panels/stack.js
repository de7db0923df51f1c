/** Whose heart this is, and what kind of stack: the identity in the header, the study in the panel. */

import { patchStack } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { contrastNames, counted, day, millimetres, personName, sex } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { repeatItems } from "./repeats.js";

/** @typedef {import("../common/types.js").Stack} Stack */

export class StackPanel {
  /**
   * @param {Stack} stack @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/actions.js").Actions} actions
   * @param {() => void} onLge the stack is LGE now, says the reader
   */
  constructor(stack, slices, draft, actions, onLge) {
    this.stack = stack;
    this.slices = slices;
    this.draft = draft;
    this.actions = actions;
    this.onLge = onLge;
    slices.addEventListener("change", () => this.show());
    byId("contrast", HTMLSelectElement).addEventListener("change", ({ currentTarget }) => {
      const select = /** @type {HTMLSelectElement} */ (currentTarget);
      // Left focused, it would take the arrow keys meant for the slices.
      select.blur();
      void this.#change({ contrast: select.value });
    });
    byId("lge-change").addEventListener("click", () => void this.#change({ is_lge: !this.stack.is_lge }));
    byId("thickness", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const { value } = find("input", byId("thickness"), HTMLInputElement);
      void this.#change({ slice_thickness_mm: Number(value) });
    });
    byId("read-anyway").addEventListener("click", () => void this.#change({ is_lge: true }));
  }

  /** Overrule the header. @param {{contrast?: string, is_lge?: boolean, slice_thickness_mm?: number}} change */
  async #change(change) {
    try {
      this.take(await patchStack(this.stack.stack_id, change));
    } catch (error) {
      showMessage(`Not changed: ${error.message}`, { stays: true });
      this.show();
      return;
    }
    if (change.contrast)
      showMessage(`Contrast is now ${contrastNames[change.contrast]}. Press Shift+R to propose the stack again.`);
    if (this.stack.is_lge) this.onLge();
  }

  /** @param {Stack} stack as it is now */
  take(stack) {
    const isMeasuredAnew = stack.typed_thickness?.at !== this.stack.typed_thickness?.at;
    this.stack = stack;
    // Every slice weighs something else now.
    if (isMeasuredAnew) window.location.reload();
    this.show();
  }

  show() {
    const { patient, study_date, study_description, description, warnings, repeats } = this.stack;
    document.title = `${personName(patient.name)} · ${day(study_date)} · ScarMass`;
    fill("name", personName(patient.name));
    fill("id", patient.id || "no ID");
    fill("born", day(patient.birth_date));
    fill("sex", sex(patient.sex));
    fill("date", day(study_date));
    fill("study", study_description || "no description");
    fill("stack", description || "no description");
    const exchange = this.draft.isOpen ? (slice, image) => this.actions.exchange(slice, image) : null;
    const said = warnings.map((warning) => element("li", {}, warning));
    byId("warnings").hidden = !warnings.length;
    byId("warned").hidden = !warnings.length;
    byId("warned").textContent = counted(warnings.length, "warning of the stack", "warnings of the stack");
    byId("warnings").replaceChildren(...repeatItems(repeats, this.slices, exchange), ...said);
    this.#showGeometry();
    this.#showKind();
  }

  #showGeometry() {
    const { list } = this.slices;
    const [first] = list;
    const [rowSpacing, columnSpacing] = first.pixel_spacing_mm;
    fill("slices", `${list.length} of ${first.columns} × ${first.rows}`);
    fill("pixel", `pixel ${columnSpacing.toFixed(2)} × ${rowSpacing.toFixed(2)} mm`);
    fill("thickness", millimetres(first.slice_thickness_mm));
    const { typed_thickness: typed } = this.stack;
    fill("typed", typed ? `thickness typed by ${typed.author}` : "");
    byId("thickness").hidden = !typed && list.every(({ slice_thickness_mm }) => slice_thickness_mm !== null);
    fill("spacing", range(list.map((slice) => slice.slice_spacing_mm)));
  }

  /** A stack that is not LGE is read where the reader asks for it. */
  #showKind() {
    const { contrast, is_lge, is_lge_because } = this.stack;
    const [badge, because, change] = ["lge", "lge-because", "lge-change"].map((id) => byId(id));
    byId("contrast", HTMLSelectElement).value = contrast;
    badge.textContent = is_lge ? "LGE" : "Not LGE";
    badge.dataset.lge = String(is_lge);
    because.textContent = because.title = is_lge_because;
    change.title = is_lge ? "Mark as not LGE" : "Mark as LGE";
    change.setAttribute("aria-label", change.title);
    byId("not-lge").hidden = is_lge || this.draft.isOpen;
    byId("not-lge-text").textContent =
      `This stack was not recognised as late gadolinium enhancement: ${is_lge_because}.`;
  }
}

/** @param {(number|null)[]} values */
function range(values) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return "unknown";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return high - low < 0.05 ? millimetres(high) : `${low.toFixed(1)} to ${millimetres(high)}`;
}

/** @param {string} name @param {string} text */
function fill(name, text) {
  for (const place of document.querySelectorAll(`[data-patient="${name}"]`)) {
    place.textContent = text;
    place.setAttribute("title", text);
  }
}
