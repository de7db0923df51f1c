/** All readings of the stack, of every reader and version: shown, compared, and one's own begun. */

import { listReadings, newClientId, startReading } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { readerShown, timeOf } from "../common/format.js";
import { showMessage } from "../common/status.js";
import { pathOf } from "../reading/opening.js";
import { assignmentOf } from "./assignment.js";

/** @typedef {import("../common/types.js").Schemas["StackReading"]} StackReading */

export class ReadingsPanel {
  /**
   * @param {HTMLElement} place @param {string} stackId @param {import("../reading/draft.js").Draft} draft
   * @param {import("./parts.js").Parts} parts
   */
  constructor(place, stackId, draft, parts) {
    this.place = place;
    this.stackId = stackId;
    this.draft = draft;
    this.button = find('.parts [data-show="readings"]', parts.panel);
    parts.addEventListener("change", () => void this.read());
    find("[data-own]", place).addEventListener("click", () => void this.#readMyself());
  }

  /** Who measures in a reader study sees nobody's reading beside the own one. */
  show() {
    this.button.hidden = !this.draft.isOpen || assignmentOf(this.draft) !== null;
  }

  /** List them anew where they are shown. */
  async read() {
    if (this.place.hidden || !this.draft.isOpen) return;
    try {
      const { readings } = await listReadings(this.stackId);
      find("ol", this.place).replaceChildren(...readings.map((each) => this.#row(each)));
    } catch (error) {
      showMessage(`The readings cannot be listed: ${error.message}`);
    }
  }

  /** @param {StackReading} each */
  #row(each) {
    const { id } = this.draft.reading;
    const mass = each.mass_g === null ? "–" : `${each.mass_g.toFixed(2)} g`;
    const text = element("b", {}, `${titleOf(each)} · ${mass}`);
    const said = element("small", {}, `${each.reviewed} of ${each.of} · ${whenOf(each)}`);
    if (each.id === id) return element("li", { "aria-current": "true" }, text, said, element("i", {}, "shown"));
    const show = element("a", { href: pathOf(this.stackId, each.id) }, "Show");
    const compare = element("a", { href: pathOf(this.stackId, id, each.id) }, "Compare");
    return element("li", {}, text, said, show, compare);
  }

  /** A reading of one's own, beside those of others. */
  async #readMyself() {
    try {
      const { id } = await startReading(this.stackId, newClientId(), true);
      location.assign(pathOf(this.stackId, id));
    } catch (error) {
      showMessage(`No reading was begun: ${error.message}`);
    }
  }
}

/** Whose reading it is, and which version. @param {Pick<StackReading, "state"|"version"|"reader"|"signature">} reading */
export function titleOf({ state, version, reader, signature }) {
  const who = signature?.reader ?? reader;
  const name = who ? readerShown(who) : "shared";
  return `${name}, ${state}${version > 1 ? `, version ${version}` : ""}`;
}

/** @param {StackReading} reading */
function whenOf({ signature, changed_at }) {
  if (signature) return `signed ${timeOf(signature.signed_at)}`;
  return changed_at ? `changed ${timeOf(changed_at)}` : "not begun";
}
