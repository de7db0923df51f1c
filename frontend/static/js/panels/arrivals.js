/** What came over the network: of which study, from whom, what was refused and why. */

import { listArrivals } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { ago, counted } from "../common/format.js";
import { patientText } from "../pacs/words.js";

/** @typedef {import("../common/types.js").Schemas["Arrival"]} Arrival */

export class ArrivalList {
  #pages = 1;
  #told = "";

  constructor() {
    byId("more-arrivals").addEventListener("click", () => {
      this.#pages += 1;
      void this.load();
    });
  }

  /** As the server has it now; a list that has not changed is left alone, and what is unfolded in it. */
  async load() {
    const all = [];
    let cursor = null;
    for (let page = 0; page < this.#pages; page++) {
      const answer = await listArrivals(cursor);
      all.push(...answer.arrivals);
      cursor = answer.next_cursor;
      if (!cursor) break;
    }
    const told = JSON.stringify(all);
    if (told === this.#told) return;
    this.#told = told;
    find("tbody", byId("arrived")).replaceChildren(...all.map(row));
    byId("arrived").hidden = !all.length;
    byId("more-arrivals").hidden = !cursor;
    byId("arrived-text").textContent = all.length ? "" : "Nothing has come over the network yet.";
  }
}

/** @param {Arrival} arrival */
function row(arrival) {
  const { patient, study_date, study_instance_uid, source, objects, last_object_at } = arrival;
  const { name, about } = patientText(patient, study_date);
  const unknown = study_instance_uid || "no study was named";
  return element(
    "tr",
    {},
    element(
      "th",
      { scope: "row" },
      patient ? name : "No image is here",
      element("small", {}, patient ? about : unknown),
    ),
    element("td", {}, source),
    element("td", { class: "figure" }, String(objects)),
    element("td", { class: "time" }, ago(last_object_at)),
    element("td", {}, ...prepared(arrival)),
    element("td", {}, refused(arrival)),
  );
}

/** @param {Arrival} arrival */
function prepared({ objects, prepared_at, readings, because }) {
  if (!objects) return ["–"];
  if (!prepared_at) return ["Waits until it is quiet"];
  const what = readings ? counted(readings, "reading") : "No new reading";
  return [what, element("small", {}, because ?? "")];
}

/** @param {Arrival} arrival */
function refused({ refused_count, refused: named }) {
  if (!refused_count) return "–";
  const more = refused_count > named.length ? [element("li", {}, `and ${refused_count - named.length} more`)] : [];
  const items = named.map(({ name, reason }) => element("li", {}, `${name}: ${reason}`));
  const summary = element("summary", {}, counted(refused_count, "object"));
  return element("details", {}, summary, element("ul", {}, ...items, ...more));
}
