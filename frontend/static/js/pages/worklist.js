/** The worklist: studies with their stacks, sorted, found by typing, opened by Enter or a click. */

import { listStudies, patchStudy } from "../common/api.js";
import { byId, isKeyFor } from "../common/dom.js";
import { personName } from "../common/format.js";
import { untilAnswered } from "../common/retry.js";
import { session } from "../common/session.js";
import { DeletionDialog } from "../panels/deletion.js";
import { ConsentDialog } from "../panels/training_consent.js";
import { Upload } from "../panels/upload.js";
import { bindColumns, bindStates, showSorting } from "../worklist/choices.js";
import { studyMenu } from "../worklist/menu.js";
import { keptSorting, matches, sorted, unsorted } from "../worklist/order.js";
import { found, leave, left, placeIn } from "../worklist/place.js";
import { studyRows } from "../worklist/rows.js";
import { Selection } from "../worklist/selection.js";

/** @typedef {import("../common/types.js").Study} Study */

/** A page that is looked at asks anew so often: sooner while something is being prepared. */
const refresh_ms = { preparing: 3000, still: 30_000 };

/** Remove studies and bring them back, say who consents, make reader studies? */
const mayManage = session.may("manage");

class Worklist {
  /** @type {Study[]} as the server lists them */
  #studies = [];
  #cursor = null;
  #left = left();
  #removed = this.#left.removed;
  #state = this.#left.state;
  /** Where to go on once all that is asked for is here. */
  #place = this.#left.place;
  #sorting = keptSorting();
  /** @type {Promise<void>|null} */
  #loading = null;
  #refresh = 0;

  constructor() {
    this.table = byId("studies");
    this.filter = byId("filter", HTMLInputElement);
    this.filter.value = this.#left.search;
    this.selection = new Selection(this.table);
    byId("more").addEventListener("click", () => void this.#loadMore());
    this.filter.addEventListener("input", () => void this.#show());
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void this.load();
      else clearTimeout(this.#refresh);
    });
    bindStates(this.#state, (state) => {
      this.#state = state;
      void this.#show();
    });
    bindColumns(
      this.table,
      () => this.#sorting,
      (sorting) => {
        this.#sorting = sorting;
        void this.#show();
      },
    );
    byId("removed").addEventListener("click", () => this.#showRemoved(!this.#removed));
    this.#tellRemoved();
    window.addEventListener("pagehide", () => this.#leave());
    byId("notice-dismiss").addEventListener("click", () => (byId("notice").hidden = true));
    this.upload = new Upload(() => this.load());
    const tell = (/** @type {string} */ text) => this.#notice(text);
    this.deletion = new DeletionDialog(tell, () => this.load());
    this.consent = new ConsentDialog(tell, () => this.load());
  }

  /** Show the list anew; the one that is shown stays until the new one has come. */
  async load() {
    clearTimeout(this.#refresh);
    try {
      const wanted = this.#studies.length || this.#left.count;
      const lost = () => this.#fail("The server cannot be reached. The worklist appears as soon as it answers.");
      /** @type {Study[]} */
      const studies = [];
      let cursor = null;
      do {
        const page = await untilAnswered(() => listStudies(cursor, this.#removed), lost);
        studies.push(...page.studies);
        cursor = page.next_cursor;
      } while (cursor && studies.length < wanted);
      this.#studies = studies;
      this.#cursor = cursor;
      byId("failure").hidden = true;
      await this.#show();
    } catch (error) {
      this.#fail(error.message);
    }
    this.#refreshLater();
  }

  #refreshLater() {
    clearTimeout(this.#refresh);
    if (document.visibilityState !== "visible") return;
    const isPreparing = this.#studies.some(({ stacks }) => stacks.some(({ progress }) => progress === "preparing"));
    // A menu that is open stays where it is.
    const isLeft = () => document.querySelector(":popover-open, dialog[open]") || session.isUnattended;
    const again = () => (isLeft() ? this.#refreshLater() : void this.load());
    this.#refresh = setTimeout(again, refresh_ms[isPreparing ? "preparing" : "still"]);
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
      const { studies, next_cursor } = await listStudies(this.#cursor, this.#removed);
      this.#studies.push(...studies);
      this.#cursor = next_cursor;
    } catch (error) {
      this.#cursor = null;
      this.#fail(`Not all studies are shown: ${error.message}`);
    }
    this.#draw();
  }

  /** Show what is asked for; to find or to sort, every study must be here. */
  async #show() {
    const { column, descends } = this.#sorting;
    const isSorted = column !== unsorted.column || descends !== unsorted.descends;
    while ((this.#words.length || this.#state || isSorted) && this.#cursor) await this.#loadMore();
    this.#draw();
    this.#place = null;
  }

  get #words() {
    return this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  #draw() {
    const place = this.#place ?? placeIn(this.table);
    const shown = this.#studies.filter((study) => matches(study, this.#words, this.#state));
    for (const old of this.table.querySelectorAll("tbody")) old.remove();
    this.table.append(...sorted(shown, this.#sorting).map((study) => studyRows(study, this.#menu(study))));
    showSorting(this.table, this.#sorting);
    const isEmpty = !this.#studies.length;
    byId("loading").hidden = true;
    byId("empty").hidden = !isEmpty || this.#removed || !byId("failure").hidden;
    byId("list").hidden = byId("hint").hidden = isEmpty && !this.#removed;
    byId("nothing").hidden = shown.length > 0 || (isEmpty && !this.#removed);
    byId("nothing").textContent = this.#removed && isEmpty ? "No study was removed." : "No study matches the filter.";
    byId("more").hidden = !this.#cursor;
    this.#goOn(place);
  }

  /** The keyboard stays where it was. @param {import("../worklist/place.js").Place|null} place */
  #goOn(place) {
    const { row, focus } = place ? found(this.table, place) : {};
    const at = this.#links.findIndex((link) => row?.contains(link));
    this.#focus(at, { move: false });
    // What is redrawn under a reader who has scrolled away does not scroll back.
    if (document.activeElement === document.body) focus?.focus({ preventScroll: !this.#place });
  }

  #leave() {
    const place = this.#place ?? placeIn(this.table);
    const count = this.#studies.length || this.#left.count;
    leave({ search: this.filter.value, state: this.#state, removed: this.#removed, count, place });
  }

  /** What can be done to a study as a whole. @param {Study} study */
  #menu(study) {
    if (!mayManage) return "";
    const name = this.#removed ? "Bring back" : "Remove from the worklist";
    return studyMenu(study, {
      [name]: () => void this.#remove(study, !this.#removed),
      "Consent to training…": () => this.consent.open(study),
      ...(this.#removed && { "Delete for good…": () => this.deletion.open(study) }),
    });
  }

  /** @param {Study} study @param {boolean} removed */
  async #remove(study, removed) {
    const name = personName(study.patient.name);
    try {
      await patchStudy(study.study_instance_uid, removed);
      this.#notice(
        removed
          ? `The study of ${name} is off the worklist. Its readings stay in the record.`
          : `The study of ${name} is back.`,
        () => void this.#remove(study, !removed),
      );
    } catch (error) {
      this.#notice(`The study of ${name} stays as it was: ${error.message}`);
    }
    await this.load();
  }

  /** @param {string} text @param {() => void} [undo] */
  #notice(text, undo) {
    byId("notice").hidden = false;
    byId("notice-text").textContent = text;
    byId("notice-undo").hidden = !undo;
    byId("notice-undo").onclick = undo ?? null;
  }

  /** @param {boolean} removed */
  #showRemoved(removed) {
    this.#removed = removed;
    this.#studies = [];
    this.#tellRemoved();
    void this.load();
  }

  #tellRemoved() {
    byId("removed").setAttribute("aria-pressed", String(this.#removed));
    byId("hint-delete").textContent = this.#removed ? "bring its study back" : "remove its study";
  }

  /** @returns {HTMLAnchorElement[]} the links of the rows that are shown */
  get #links() {
    return /** @type {HTMLAnchorElement[]} */ ([...this.table.querySelectorAll("tr.stack a")]);
  }

  #focus(index, { move = true } = {}) {
    const links = this.#links;
    const wanted = Math.max(0, Math.min(links.length - 1, index));
    for (const [at, link] of links.entries()) link.tabIndex = at === wanted ? 0 : -1;
    if (move) links[wanted]?.focus();
    this.selection.show();
  }

  #key(event) {
    const { key, target } = event;
    const isFilter = target === this.filter;
    const at = this.#links.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    const waiting = this.#links.findIndex((link) => link.tabIndex === 0);
    if (event.ctrlKey || event.metaKey || event.altKey || isKeyFor(event, "#upload, dialog")) return;
    if (key === "/" && !isFilter) this.filter.focus();
    else if (key === "ArrowDown") this.#focus(at < 0 ? (isFilter ? 0 : waiting) : at + 1);
    else if (key === "ArrowUp" && !isFilter) this.#focus(at < 0 ? waiting : at - 1);
    else if (key === "Enter" && isFilter) this.#links[0]?.click();
    else if (key === " " && at >= 0) this.selection.toggle(this.#links[at]);
    else if (key === "Delete" && mayManage && at >= 0 && isKeyFor(event, "tr.stack a"))
      this.#removeRow(this.#links[at].closest("tr"));
    else if (key === "Escape" && isFilter) {
      this.filter.value = "";
      void this.#show();
    } else return;
    event.preventDefault();
  }

  /** Its study, or bring it back. @param {HTMLElement|null} row */
  #removeRow(row) {
    const study = this.#studies.find(({ stacks }) => stacks.some(({ stack_id }) => stack_id === row?.dataset.row));
    if (study) void this.#remove(study, !this.#removed);
  }
}

void new Worklist().load();
