/** What comes of a reader study: sets of measurements, their agreement, its plots, and every measurement. */

import { getBlandAltman, getReaderStudyResults, Problem, resultsCsvPath } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { duration, grams, number, personName, readerShown } from "../common/format.js";
import { armNames } from "../reader_study/words.js";

/** @typedef {import("../common/types.js").Schemas["Results"]} Told @typedef {Told["comparisons"][number]} Comparison */
/** @typedef {import("../common/types.js").Schemas["MeasurementSet"]} MeasurementSet */
/** @typedef {import("../common/types.js").Schemas["Estimate"]} Estimate */

const extents = /** @type {const} */ (["slice_thickness", "slice_spacing"]);
const extentNames = { slice_thickness: "by thickness", slice_spacing: "by spacing" };

export class Results {
  #shownNumber = -1;

  /** @param {string} studyId */
  constructor(studyId) {
    this.studyId = studyId;
    this.told = byId("told");
  }

  async load() {
    try {
      this.#show(await getReaderStudyResults(this.studyId));
    } catch (error) {
      this.told.hidden = true;
      const isHidden = error instanceof Problem && error.status === 409;
      this.#say(isHidden ? sentence(error.message) : `The results cannot be shown: ${error.message}`);
    }
  }

  #say(text) {
    byId("results-said").textContent = text;
  }

  /** @param {Told} told */
  #show({ measurements, sets, comparisons }) {
    this.told.hidden = !measurements.length;
    this.#say(measurements.length ? "" : "Nothing is signed yet.");
    byId("sets").replaceChildren(...sets.map((each) => this.#set(each)));
    byId("comparisons").replaceChildren(...comparisons.flatMap((each) => this.#comparison(each)));
    byId("measurements").replaceChildren(...measurements.map(measurementRow));
    byId("all-csv", HTMLAnchorElement).href = resultsCsvPath(this.studyId);
    const first = comparisons.find(hasPlot);
    if (first && this.#shownNumber < 0) void this.#plot(first);
  }

  /** @param {Told["sets"][number]} each */
  #set(each) {
    const { n, of_stacks, mean_mass_g, mean_seconds, median_seconds } = each;
    const label = `CSV of ${nameOf(each)}`;
    const csv = element("a", { href: resultsCsvPath(this.studyId, each), download: true, "aria-label": label }, "CSV");
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, readerShown(each.reader)),
      element("td", {}, armNames[each.arm]),
      element("td", {}, String(each.repeat)),
      figure(`${n} of ${of_stacks}`),
      ...extents.map((extent) => figure(number(mean_mass_g[extent] ?? null, 2))),
      figure(mean_seconds === null ? "–" : duration(mean_seconds)),
      figure(median_seconds === null ? "–" : duration(median_seconds)),
      element("td", {}, n ? csv : "–"),
    );
  }

  /** A row for each extent. @param {Comparison} comparison */
  #comparison(comparison) {
    return extents.map((extent, place) => {
      const found = comparison.agreement[extent] ?? null;
      const row = element("tr");
      if (!place) row.append(element("th", { scope: "rowgroup", rowspan: 2 }, titleOf(comparison)));
      row.append(
        element("td", {}, extentNames[extent]),
        figure(found ? String(found.n) : "below 3"),
        estimate(found?.icc ?? null),
        figure(found?.cv == null ? "–" : `${(100 * found.cv).toFixed(1)} %`),
        estimate(found?.bias ?? null),
        found?.lower_limit && found.upper_limit
          ? figure(`${signed(found.lower_limit.value)} to ${signed(found.upper_limit.value)}`)
          : figure("–"),
      );
      if (!place) row.append(element("td", { rowspan: 2 }, this.#plotButton(comparison)));
      return row;
    });
  }

  /** @param {Comparison} comparison */
  #plotButton(comparison) {
    if (!hasPlot(comparison)) return "";
    const label = `Plot of ${titleOf(comparison)}`;
    const button = element("button", { type: "button", class: "link", "aria-label": label }, "Plot");
    button.addEventListener("click", () => void this.#plot(comparison));
    return button;
  }

  /** Bland-Altman by both extents. @param {Comparison} comparison */
  async #plot(comparison) {
    this.#shownNumber = comparison.number;
    const wanted = extents.filter((extent) => comparison.agreement[extent]);
    try {
      const drawn = await Promise.all(wanted.map((extent) => getBlandAltman(this.studyId, comparison.number, extent)));
      if (this.#shownNumber !== comparison.number) return;
      const plots = byId("plots");
      find("figcaption", plots).textContent =
        `Bland-Altman: ${titleOf(comparison)}; grams ${wanted.map((extent) => extentNames[extent]).join(" and ")}`;
      find("div", plots).replaceChildren(...drawn.map(picture));
      plots.hidden = false;
    } catch (error) {
      this.#say(`The plot cannot be shown: ${error.message}`);
    }
  }
}

/** @param {Comparison} comparison */
const hasPlot = ({ sets, agreement }) => sets.length === 2 && extents.some((extent) => agreement[extent]);

/** @param {string} svg */
const picture = (svg) =>
  document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);

/** @param {Comparison} comparison */
function titleOf({ between, sets }) {
  const [{ reader, arm }] = sets;
  if (between === "readers") return `${sets.map((each) => readerShown(each.reader)).join(" − ")}, ${armNames[arm]}`;
  if (between === "arms") return `${sets.map((each) => armNames[each.arm]).join(" − ")}, ${readerShown(reader)}`;
  const repeats = sets.map(({ repeat }) => `repeat ${repeat}`).join(" − ");
  return `${repeats}, ${readerShown(reader)}, ${armNames[arm]}`;
}

/** @param {MeasurementSet} each */
const nameOf = ({ reader, arm, repeat }) => `${readerShown(reader)}, ${armNames[arm]}, repeat ${repeat}`;

/** @param {Told["measurements"][number]} one */
function measurementRow(one) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, `${personName(one.patient.name)} · ${one.patient.id || "no ID"}`),
    element("td", {}, readerShown(one.reader)),
    element("td", {}, armNames[one.arm]),
    element("td", {}, String(one.repeat)),
    figure(grams(one.mass.by_slice_thickness)),
    figure(grams(one.mass.by_slice_spacing)),
    figure(duration(one.seconds)),
  );
}

/** @param {string} text */
const figure = (text) => element("td", { class: "figure" }, text);

/** @param {Estimate|null} found */
function estimate(found) {
  if (!found || found.value === null) return figure("–");
  const { value, low, high } = found;
  const interval = low === null || high === null ? "" : `${signed(low)} to ${signed(high)}`;
  return element("td", { class: "figure" }, signed(value), element("small", {}, interval));
}

/** @param {number|null} value */
const signed = (value) => (value === null ? "–" : value.toFixed(2).replace("-", "−"));

/** @param {string} text */
const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
