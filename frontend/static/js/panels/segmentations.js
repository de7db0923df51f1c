/** Segmentations that lie beside the study: listed, looked at with all that does not go straight, and taken over. */

import { getSegmentation, listSegmentations } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { counted, day } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { labelOf, meaningNames, replacedText } from "../reading/segmentations.js";
import { assignmentOf } from "./assignment.js";

/** @typedef {import("../common/types.js").Schemas["Segmentations"]["segmentations"][number]} Segmentation */
/** @typedef {import("../common/types.js").Schemas["SegmentationOnStack"]} OnStack */
/** @typedef {import("../common/types.js").Schemas["SegmentMeaning"]} SegmentMeaning */

const straight = "None: all that it shows lies on these slices as it was drawn.";

export class SegmentationsPanel {
  /** @type {Segmentation|null} */
  #chosen = null;
  /** Is it known how it lies on the slices? */
  #isLookedAt = false;

  /**
   * @param {HTMLDialogElement} dialog @param {import("../common/types.js").Stack} stack
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
   */
  constructor(dialog, stack, draft, outbox) {
    this.dialog = dialog;
    this.stack = stack;
    this.draft = draft;
    this.outbox = outbox;
    this.take = find("[data-take]", dialog, HTMLButtonElement);
    this.take.addEventListener("click", () => this.#takeOver());
    // What it would replace may change in another window.
    draft.addEventListener("change", () => dialog.open && this.#show());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  async open() {
    const { dialog, draft } = this;
    if (!draft.isOpen || dialog.open) return;
    if (assignmentOf(draft)) {
      showMessage("In a reader study nobody else’s outlines are taken over.");
      return;
    }
    this.#choose(null);
    this.#place("list").replaceChildren();
    this.#say("Looking for segmentations …");
    dialog.showModal();
    try {
      const { segmentations } = await listSegmentations(this.stack.study_instance_uid);
      this.#list(segmentations);
    } catch (error) {
      this.#say(`The segmentations cannot be listed: ${error.message}`);
    }
  }

  /** @param {string} name */
  #place(name) {
    return find(`[data-segmentations="${name}"]`, this.dialog);
  }

  /** @param {string} text */
  #say(text) {
    this.#place("said").textContent = text;
  }

  /** @param {Segmentation[]} segmentations */
  #list(segmentations) {
    const none = "None lies beside this study. Upload a SEG or RTSTRUCT object of it as you upload images.";
    const usable = segmentations.filter(({ unusable_because }) => !unusable_because);
    this.#say(segmentations.length ? (usable.length ? "" : "None of them can be used.") : none);
    this.#place("list").replaceChildren(...segmentations.map((each) => this.#item(each)));
    const first = this.dialog.querySelector("input:enabled");
    if (!(first instanceof HTMLInputElement)) return;
    first.checked = true;
    first.focus();
    this.#choose(usable[0]);
  }

  /** @param {Segmentation} segmentation */
  #item(segmentation) {
    const { kind, creator, content_date, unusable_because } = segmentation;
    const radio = element("input", { type: "radio", name: "segmentation", disabled: Boolean(unusable_because) });
    radio.addEventListener("change", () => this.#choose(segmentation));
    const told = [kind, creator, content_date && day(content_date)].filter(Boolean).join(" · ");
    const why = unusable_because ? [element("small", { class: "why" }, `Cannot be used: ${unusable_because}`)] : [];
    return element("label", {}, radio, element("b", {}, labelOf(segmentation)), element("small", {}, told), ...why);
  }

  /** @param {Segmentation|null} segmentation */
  #choose(segmentation) {
    this.#chosen = segmentation;
    this.#isLookedAt = false;
    this.#place("chosen").hidden = !segmentation;
    if (!segmentation) return;
    const { content_label, series_description, made_with, creator, content_date, kind } = segmentation;
    this.#place("label").textContent = labelOf(segmentation);
    this.#place("kind").textContent = kind;
    const facts = { content_label, series_description, made_with, creator, date: content_date && day(content_date) };
    for (const [name, text] of Object.entries(facts)) this.#place(name).textContent = text || "not stated";
    this.#place("segments").replaceChildren(...segmentation.segments.map((each) => this.#segment(each)));
    this.#warn(["Being looked at …"]);
    this.#show();
    void this.#look(segmentation);
  }

  /** @param {Segmentation["segments"][number]} segment */
  #segment({ number, label, code, proposed }) {
    const name = label || `segment ${number}`;
    const options = Object.entries(meaningNames).map(([value, text]) => element("option", { value }, text));
    const becomes = element(
      "select",
      { "data-number": number, "aria-label": `${name} becomes` },
      ...options,
      element("option", { value: "" }, "none"),
    );
    becomes.value = proposed ?? "";
    becomes.addEventListener("change", () => this.#show());
    const named = element("th", { scope: "row" }, element("b", {}, name), element("small", {}, code));
    return element("tr", {}, named, element("td", { "data-on": number }, "…"), element("td", {}, becomes));
  }

  /** What it shows of the reading's slices, and all that does not go straight. @param {Segmentation} segmentation */
  async #look(segmentation) {
    const { reading } = this.draft;
    try {
      const found = await getSegmentation(reading.stack_id, segmentation.sop_instance_uid, reading.id);
      if (this.#chosen !== segmentation) return;
      this.#isLookedAt = true;
      for (const { number, slices } of found.segments) this.#on(number, slices ? counted(slices, "slice") : "no slice");
      this.#warn(found.warnings.length ? found.warnings : [straight]);
    } catch (error) {
      if (this.#chosen !== segmentation) return;
      for (const { number } of segmentation.segments) this.#on(number, "–");
      this.#warn([`It cannot be read: ${error.message}`]);
    }
    this.#show();
  }

  /** @param {number} number @param {string} text how much of the reading the segment is drawn on */
  #on(number, text) {
    const cell = this.dialog.querySelector(`[data-on="${number}"]`);
    if (cell) cell.textContent = text;
  }

  /** @param {string[]} warnings */
  #warn(warnings) {
    const place = this.#place("warnings");
    place.replaceChildren(...warnings.map((text) => element("li", {}, text)));
    place.toggleAttribute("data-straight", warnings[0] === straight);
  }

  /** @returns {SegmentMeaning[]} the segments that are taken, as what */
  get #segments() {
    const selects = [...this.dialog.querySelectorAll("select")].filter(({ value }) => value);
    return selects.map((select) => ({
      number: Number(select.dataset.number),
      meaning: /** @type {SegmentMeaning["meaning"]} */ (select.value),
    }));
  }

  #show() {
    const segments = this.#segments;
    const { draft } = this;
    const text = replacedText(
      segments,
      draft.images.map((image) => draft.slice(image)),
    );
    const place = this.#place("replaced");
    if (place.textContent !== text) place.textContent = text;
    this.take.disabled = !this.#isLookedAt || !segments.length;
  }

  #takeOver() {
    const segments = this.#segments;
    if (!this.#chosen || !segments.length || this.outbox.isSending("import")) return;
    const { sop_instance_uid, label, creator } = this.#chosen;
    this.dialog.close();
    this.outbox.add({ kind: "import", segmentation: { sop_instance_uid, label, creator, segments } });
  }
}
