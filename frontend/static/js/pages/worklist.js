/** The worklist: studies with their stacks, found by typing, opened by Enter or a click. */

import { listStudies } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { contrastNames, day, growthText, personName, sex } from "../common/format.js";
import { untilAnswered } from "../common/retry.js";
import { Upload } from "../panels/upload.js";
import { readingsWithUnsent } from "../reading/unsent.js";

class Worklist {
  #cursor = null;
  #focused = 0;
  /** @type {Promise<void>|null} */
  #loading = null;

  constructor() {
    this.table = byId("studies");
    this.filter = byId("filter", HTMLInputElement);
    byId("more").addEventListener("click", () => void this.#loadMore());
    this.filter.addEventListener("input", () => void this.#filter());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.upload = new Upload(() => this.load());
  }

  /** Show the list from its beginning; the one that is shown stays until the new one has come. */
  async load() {
    try {
      const { studies, next_cursor } = await untilAnswered(listStudies, () =>
        this.#fail("The server cannot be reached. The worklist appears as soon as it answers."),
      );
      for (const old of this.table.querySelectorAll("tbody")) old.remove();
      this.#append(studies);
      this.#cursor = next_cursor;
      byId("failure").hidden = true;
      await this.#filter();
    } catch (error) {
      this.#fail(error.message);
    }
    this.#showState();
  }

  #fail(message) {
    byId("loading").hidden = true;
    byId("failure").hidden = false;
    byId("failure-text").textContent = message;
  }

  /** The next studies; asked for twice at once, they come once. */
  #loadMore() {
    this.#loading ??= this.#next().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #next() {
    try {
      const { studies, next_cursor } = await listStudies(this.#cursor);
      this.#append(studies);
      this.#cursor = next_cursor;
      this.#showState();
    } catch (error) {
      this.#cursor = null;
      this.#fail(`Not all studies are shown: ${error.message}`);
    }
  }

  #showState() {
    const isEmpty = !this.table.querySelector("tbody");
    byId("loading").hidden = true;
    byId("empty").hidden = !isEmpty || !byId("failure").hidden;
    byId("list").hidden = byId("hint").hidden = isEmpty;
    byId("more").hidden = !this.#cursor;
    this.#focus(this.#focused, { move: false });
  }

  #append(studies) {
    this.table.append(...studies.map((study) => this.#study(study)));
  }

  #study({ patient, study_date, study_description, stacks }) {
    const name = personName(patient.name);
    const identity = element(
      "th",
      { scope: "rowgroup", rowspan: Math.max(1, stacks.length), class: "patient" },
      element("strong", {}, name),
      element("span", {}, `${patient.id || "no ID"} · born ${day(patient.birth_date)} · ${sex(patient.sex)}`),
    );
    const study = element(
      "td",
      { rowspan: Math.max(1, stacks.length), class: "study" },
      element("strong", {}, day(study_date)),
      element("span", {}, study_description || "no description"),
    );
    const rows = stacks.length
      ? stacks.map((stack) => this.#stack(stack, name))
      : [element("tr", {}, element("td", { colspan: 5 }, "no usable stack"))];
    rows[0].prepend(identity, study);
    const body = element("tbody", {}, ...rows);
    body.dataset.text = [
      name,
      patient.name,
      patient.id,
      study_date,
      day(study_date),
      study_description,
      ...stacks.map(({ description }) => description),
    ]
      .join(" ")
      .toLowerCase();
    return body;
  }

  #stack(stack, name) {
    const link = element(
      "a",
      {
        href: `/stacks/${encodeURIComponent(stack.stack_id)}`,
        tabindex: -1,
        "aria-label": `Read ${stack.description || "stack"} of ${name}`,
      },
      stack.description || "no description",
    );
    const badge = element(
      "span",
      { class: "badge", "data-lge": String(stack.is_lge) },
      stack.is_lge ? "LGE" : "Not LGE",
    );
    const row = element(
      "tr",
      { class: stack.is_lge ? "stack" : "stack other" },
      element("td", {}, link),
      element("td", {}, contrastNames[stack.contrast] ?? "–"),
      element("td", { class: "figure" }, String(stack.number_of_slices)),
      element(
        "td",
        { class: "lge" },
        badge,
        element("span", { title: stack.is_lge_because }, stack.is_lge_because || ""),
      ),
      element("td", {}, ...readingBadges(stack)),
    );
    row.addEventListener("click", (event) => {
      if (event.target !== link && !event.ctrlKey && !event.metaKey) link.click();
    });
    return row;
  }

  /** @returns {HTMLAnchorElement[]} the links of the rows that the filter leaves */
  get #links() {
    const links = this.table.querySelectorAll("tbody:not([hidden]) tr.stack a");
    return /** @type {HTMLAnchorElement[]} */ ([...links]);
  }

  #focus(index, { move = true } = {}) {
    const links = this.#links;
    this.#focused = Math.max(0, Math.min(links.length - 1, index));
    for (const [at, link] of links.entries()) link.tabIndex = at === this.#focused ? 0 : -1;
    if (move) links[this.#focused]?.focus();
  }

  async #filter() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    while (words.length && this.#cursor) await this.#loadMore();
    let found = 0;
    for (const body of this.table.querySelectorAll("tbody")) {
      body.hidden = !words.every((word) => body.dataset.text?.includes(word));
      if (!body.hidden) found += 1;
    }
    byId("nothing").hidden = found > 0 || !this.table.querySelector("tbody");
    this.#focus(0, { move: false });
  }

  #key(event) {
    const { key, target } = event;
    const isFilter = target === this.filter;
    const at = this.#links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    if (key === "/" && !isFilter) this.filter.focus();
    else if (key === "ArrowDown") this.#focus(at < 0 ? (isFilter ? 0 : this.#focused) : at + 1);
    else if (key === "ArrowUp" && !isFilter) this.#focus(at < 0 ? this.#focused : at - 1);
    else if (key === "Enter" && isFilter) this.#links[0]?.click();
    else if (key === "Escape" && isFilter) {
      this.filter.value = "";
      void this.#filter();
    } else return;
    event.preventDefault();
  }
}

/** @param {import("../common/types.js").StackSummary} stack */
function readingBadges({ reading_id, growth }) {
  if (!reading_id) return [];
  const badges = [element("span", { class: "badge draft" }, "draft")];
  if (readingsWithUnsent().has(reading_id)) {
    const title = "Changes made in this browser are not stored yet. Open the reading to send them.";
    badges.push(element("span", { class: "badge unsent", title }, "unsent changes"));
  }
  if (growth) badges.push(element("span", { class: "growth" }, growthText(growth)));
  return badges;
}

void new Worklist().load();
