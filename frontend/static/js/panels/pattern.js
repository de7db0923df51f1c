/** The pattern of the enhancement: proposed by the layer where the scar lies, stated by the reader; until then the grams
 * are those of LGE and of no infarct. */

import { getPattern } from "../common/api.js";
import { element } from "../common/dom.js";
import { layerNames, massName, patternText } from "../common/format.js";

/** @typedef {import("../common/types.js").Pattern} Pattern */

/** @type {[string, boolean|null][]} as the select groups them */
const causes = [
  ["Ischaemic", true],
  ["Non-ischaemic", false],
  ["Cause left open", null],
];
/** On a closed select; on an open one they change nothing before the choice. */
const steps = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);
/** Letters too: they choose the option that begins so. @param {KeyboardEvent} event */
const isStep = ({ key, altKey, ctrlKey, metaKey }) =>
  !altKey && (steps.has(key) || (key.length === 1 && key !== " " && !ctrlKey && !metaKey));
const notStated = { layer: null, ischaemic: null };

export class PatternPanel {
  #shownAt = "";
  /** Are the keys stepping through the closed select? Each step is a change, and not yet the reader's word. */
  #isStepping = false;
  /** @type {import("../common/types.js").Schemas["ProposedPattern"]|null} */
  #proposed = null;

  /**
   * @param {HTMLSelectElement} select @param {import("../reading/draft.js").Draft} draft
   * @param {import("../reading/outbox.js").Outbox} outbox
   */
  constructor(select, draft, outbox) {
    this.select = select;
    this.draft = draft;
    this.outbox = outbox;
    const groups = causes.map(([label, ischaemic]) => {
      const options = Object.keys(layerNames).map((layer) => {
        const pattern = /** @type {Pattern} */ ({ layer, ischaemic });
        return element("option", { value: written(pattern) }, patternText(pattern));
      });
      return element("optgroup", { label }, ...options);
    });
    select.replaceChildren(element("option", { value: written(notStated) }), ...groups);
    select.addEventListener("keydown", (event) => this.#key(event));
    // Without the focus, the page's keys are the page's again.
    select.addEventListener("change", () => {
      if (this.#isStepping) return;
      this.#state();
      select.blur();
    });
    select.addEventListener("blur", () => this.#state());
  }

  /** What is stated, sent or not. @returns {Pattern|null} */
  get stated() {
    const unsent = this.outbox.latest("pattern")?.pattern;
    return unsent ?? this.draft.reading.pattern;
  }

  focus() {
    if (this.select.disabled) return;
    this.select.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      if (event.key === "Escape") this.#fill();
      this.select.blur();
    } else if (isStep(event)) this.#isStepping = true;
  }

  /** Send what the select says, where that is another than what is stated. */
  #state() {
    this.#isStepping = false;
    if (!this.draft.isOpen || this.select.value === written(this.stated ?? notStated)) return;
    this.outbox.add({ kind: "pattern", pattern: JSON.parse(this.select.value) });
  }

  show() {
    const { draft, outbox, select } = this;
    select.disabled = !draft.isOpen || draft.isSigned;
    if (!draft.isOpen) return;
    if (!this.#isStepping) this.#fill();
    for (const place of document.querySelectorAll("[data-mass-name]")) place.textContent = massName(this.stated);
    if (outbox.hasUnsaved || draft.isPreparing) return;
    const at = `${draft.reading.id} ${draft.revision}`;
    if (at === this.#shownAt) return;
    this.#shownAt = at;
    void this.#read(draft.reading.id, at);
  }

  async #read(readingId, at) {
    try {
      const { proposed } = await getPattern(readingId);
      if (at !== this.#shownAt) return;
      this.#proposed = proposed;
      if (!this.#isStepping) this.#fill();
    } catch {
      // It is a proposal: without it the reader states the pattern all the same.
      if (at === this.#shownAt) this.#shownAt = "";
    }
  }

  #fill() {
    const layer = this.#proposed?.layer;
    this.select.options[0].text = layer ? `not stated; proposed: ${layerNames[layer]}` : "not stated";
    this.select.title = layer ? `${shares(this.#proposed)} Key 5.` : "As you read it. Key 5.";
    this.select.value = written(this.stated ?? notStated);
  }
}

/** @param {Pattern} pattern */
const written = ({ layer, ischaemic }) => JSON.stringify({ layer, ischaemic });

/** @param {import("../common/types.js").Schemas["ProposedPattern"]|null} proposed */
function shares(proposed) {
  if (!proposed) return "";
  const { inner_percent, middle_percent, outer_percent, transmural_percent, typical_of_ischaemia } = proposed;
  const thirds = [inner_percent, middle_percent, outer_percent].map((percent) => percent.toFixed(0));
  const typical = typical_of_ischaemia ? "Typical of ischaemic disease." : "Typical of non-ischaemic disease.";
  return `Of the scar ${thirds.join(", ")} % lie in the inner, middle and outer third of the wall; ${transmural_percent.toFixed(0)} % of it is transmural. ${typical}`;
}
