/** The 17 segments: the bull's-eye, which lights up on the image what is pointed at, and the borders of its levels. */

import { getBullsEye, getLevels, getProposedLandmarks, getSegments17, Problem } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { counted, grams, number } from "../common/format.js";
import { atRest } from "../common/rest.js";
import { hasWall, isSameSlice } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Segment17} Segment17 @typedef {import("../common/types.js").SliceKey} SliceKey */
/** @typedef {import("../common/types.js").Schemas["LevelsTold"]} Levels */

/** @type {Record<string, string>} */
const missing = {
  LandmarksMissing: "Mark where the right ventricle meets the left one: tool Insertion points (Shift+L), two clicks.",
  ContoursMissing: "The contours of the left ventricle and its blood pool are not there yet.",
};

/** It is asked for when nothing was changed for so long. */
const rests_after_ms = 500;
/** The picture less its classes, which stand beside it on the page. */
const shown_box = "0 0 320 320";

/** Events: "change" (of the segment that is pointed at). */
export class SegmentsPanel extends EventTarget {
  #shownAt = "";
  /** @type {Segment17|null} */
  #pointed = null;
  /** @type {import("../common/types.js").Landmarks|null} */
  #proposed = null;

  /**
   * @param {HTMLElement} panel @param {import("../image/slices.js").Slices} slices
   * @param {import("../reading/draft.js").Draft} draft @param {import("../reading/outbox.js").Outbox} outbox
   * @param {import("../reading/landmarks.js").LandmarksHeld} landmarks @param {import("./parts.js").Parts} parts
   */
  constructor(panel, slices, draft, outbox, landmarks, parts) {
    super();
    this.panel = panel;
    this.slices = slices;
    this.draft = draft;
    this.outbox = outbox;
    this.landmarks = landmarks;
    this.parts = parts;
    this.shown = /** @type {HTMLSelectElement} */ (find('[data-segments="shown"]', panel));
    this.picture = find('[data-segments="bulls_eye"]', panel);
    this.propose = /** @type {HTMLButtonElement} */ (find('[data-segments="propose"]', panel));
    this.propose.addEventListener("click", () => this.#proposed && landmarks.markAs(this.#proposed));
    this.shown.addEventListener("change", () => this.show());
    for (const border of this.#borders)
      border.addEventListener("change", () => {
        const name = /** @type {"first_mid"|"first_apical"} */ (border.dataset.border);
        landmarks.moveBorder(name, slices.list[Number(border.value)] ?? null);
      });
  }

  /** @returns {NodeListOf<HTMLSelectElement>} */
  get #borders() {
    return this.panel.querySelectorAll("[data-border]");
  }

  /** The slices of the segment that is pointed at. @returns {SliceKey[]} */
  get lit() {
    return (
      this.#pointed?.slices.map(({ sop_instance_uid, frame_number = 1 }) => ({ sop_instance_uid, frame_number })) ?? []
    );
  }

  /** What of it lies on a slice. @param {SliceKey} slice @returns {[number, number][][]} */
  outlines(slice) {
    const sectors = this.#pointed?.slices.filter((each) => isSameSlice(each, slice)) ?? [];
    return /** @type {[number, number][][]} */ (sectors.map(({ outline }) => outline));
  }

  /** Are they, or the borders of their levels, on the screen? */
  get #isShown() {
    return this.parts.shown === "overview" || this.parts.shown === "slices";
  }

  /** Read anew where they are shown and the reading has changed. */
  show() {
    const { draft, outbox } = this;
    if (!this.#isShown || !draft.isOpen || draft.isPreparing || outbox.hasUnsaved) return;
    const at = `${draft.reading.id} ${draft.revision} ${this.shown.value}`;
    if (at === this.#shownAt) return;
    this.#shownAt = at;
    this.#readAtRest(draft.reading.id, at);
  }

  #readAtRest = atRest((readingId, at) => void this.#read(readingId, at), rests_after_ms);

  async #read(readingId, at) {
    if (at !== this.#shownAt) return;
    if (!hasWall(this.draft.reading.slices)) return this.#say(missing.ContoursMissing);
    if (this.landmarks.missing) {
      this.#say(missing.LandmarksMissing);
      return this.#offer(readingId, at);
    }
    try {
      const [segments, levels, svg] = await Promise.all([
        getSegments17(readingId),
        getLevels(readingId),
        getBullsEye(readingId, this.shown.value),
      ]);
      if (at === this.#shownAt) this.#fill(segments, levels, svg);
    } catch (error) {
      if (at !== this.#shownAt) return;
      if (!(error instanceof Problem) || error.isPassing) this.#shownAt = "";
      const name = error instanceof Problem ? error.body.type?.split(":").at(-1) : "";
      this.#say(missing[name ?? ""] ?? `The segments cannot be told: ${error.message}`);
    }
  }

  /** Offer to mark the insertion points where they are likely; without a proposal the reader marks them. */
  async #offer(readingId, at) {
    const proposed = await getProposedLandmarks(readingId).catch(() => null);
    if (at !== this.#shownAt) return;
    this.#proposed = proposed;
    this.propose.hidden = !proposed?.anterior_insertion || !proposed.inferior_insertion;
  }

  /** @param {string} text why nothing is told */
  #say(text) {
    this.#point(null);
    this.#tell(false);
    this.propose.hidden = true;
    find('[data-segments="said"]', this.panel).textContent = text;
  }

  /** @param {boolean} isTold */
  #tell(isTold) {
    for (const name of ["told", "levels"]) find(`[data-segments="${name}"]`, this.panel).hidden = !isTold;
  }

  /** @param {Segment17[]} segments @param {Levels} levels @param {string} svg */
  #fill(segments, levels, svg) {
    this.#tell(true);
    this.propose.hidden = true;
    find('[data-segments="said"]', this.panel).textContent = saidOf(levels);
    const drawn = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
    drawn.setAttribute("viewBox", shown_box);
    drawn.setAttribute("preserveAspectRatio", "xMinYMid");
    this.picture.replaceChildren(drawn);
    find('[data-segments="legend"]', this.panel).replaceChildren(...legendOf(drawn));
    for (const segment of segments) this.#bind(segment, drawn);
    find('[data-segments="table"]', this.panel).replaceChildren(...segments.map((each) => this.#row(each)));
    this.#fillBorders(levels);
    this.#point(segments.find(({ segment }) => segment === this.#pointed?.segment) ?? null);
  }

  /** Viability as long as the reader says nothing else than an infarct. @param {Segment17} segment */
  #row({ segment, name, mass, percent_scar, transmurality_class, viability, no_reflow_mass }) {
    const { mass_extent, pattern } = this.draft.reading;
    const cells = [
      grams(mass?.[`by_${mass_extent}`]),
      number(percent_scar),
      transmurality_class ? `${transmurality_class} %` : "not assessed",
      pattern?.ischaemic === false ? "–" : (viability ?? "–"),
      grams(no_reflow_mass?.[`by_${mass_extent}`]),
    ];
    const head = element("th", { scope: "row" }, `${segment} ${name}`);
    return element("tr", {}, head, ...cells.map((cell) => element("td", {}, cell)));
  }

  /** @param {Segment17} segment @param {Element} drawn */
  #bind(segment, drawn) {
    const sector = drawn.querySelector(`[data-segment="${segment.segment}"]`);
    if (!sector || !segment.slices.length) return;
    sector.setAttribute("tabindex", "0");
    sector.setAttribute("role", "button");
    for (const name of ["pointerenter", "focus"]) sector.addEventListener(name, () => this.#point(segment));
    for (const name of ["pointerleave", "blur"]) sector.addEventListener(name, () => this.#point(null));
    sector.addEventListener("click", () => {
      // A mouse click leaves no focus behind: what is pointed at stays lit for as long as it is.
      /** @type {SVGElement} */ (sector).blur();
      this.#point(segment);
      this.#goTo(segment);
    });
    sector.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      this.#goTo(segment);
    });
  }

  /** @param {Segment17|null} segment */
  #point(segment) {
    if (segment === this.#pointed) return;
    this.#pointed = segment;
    this.dispatchEvent(new Event("change"));
  }

  /** To the next of its slices, after the last one the first again. @param {Segment17} segment */
  #goTo({ slices }) {
    const places = slices.map((slice) => this.slices.indexOf(slice)).filter((index) => index >= 0);
    const next = places[(places.indexOf(this.slices.index) + 1) % places.length];
    if (next !== undefined) void this.slices.go(next);
  }

  /** @param {Levels} levels */
  #fillBorders({ slices, apex, apex_because }) {
    const set = this.landmarks.current.levels;
    const first = { first_mid: "mid", first_apical: "apical" };
    for (const border of this.#borders) {
      const name = border.dataset.border ?? "";
      const level = slices.filter((slice) => slice.level === first[name]);
      const places = level.map((slice) => this.slices.indexOf(slice) + 1);
      const options = slices.map((slice) => {
        const index = this.slices.indexOf(slice);
        return element("option", { value: index }, String(index + 1));
      });
      const range = places.length ? ` (${Math.min(...places)}–${Math.max(...places)})` : "";
      border.replaceChildren(element("option", { value: "" }, `thirds${set[name] ? "" : range}`), ...options);
      border.value = set[name] ? String(this.slices.indexOf(set[name])) : "";
    }
    const base = slices.filter(({ level }) => level === "base").map((slice) => this.slices.indexOf(slice) + 1);
    const end = `It is at the ${apex === "first" ? "last" : "first"} slice, told by ${apex_because}.`;
    find('[data-segments="base"]', this.panel).textContent = base.length
      ? `Base: slices ${base.join(", ")}. ${end}`
      : end;
  }
}

/** The picture's own classes, taken out of it as a list. @param {Element} drawn */
function legendOf(drawn) {
  const patches = [...drawn.querySelectorAll(":scope > rect")];
  // Their caption says what the choice above them says.
  patches[0]?.previousElementSibling?.remove();
  return patches.map((patch) => {
    const name = patch.nextElementSibling;
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    swatch.setAttribute("viewBox", "0 0 12 12");
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ width: 12, height: 12, fill: patch.getAttribute("fill") }))
      square.setAttribute(name, String(value));
    swatch.append(square);
    patch.remove();
    name?.remove();
    return element("li", {}, swatch, name?.textContent ?? "");
  });
}

/** @param {Levels} levels */
function saidOf({ doubt, untold, outside_mm2 }) {
  return [
    doubt ?? "",
    untold.length ? `${counted(untold.length, "slice")} with contours, but without a scar that is told: left out.` : "",
    outside_mm2 >= 1
      ? `${outside_mm2.toFixed(0)} mm² of the scar lie beyond the myocardium and count in no segment.`
      : "",
  ]
    .filter(Boolean)
    .join(" ");
}
