/** How a study and its stacks are written in the worklist's table. */

import { element, isWithin } from "../common/dom.js";
import {
  ago,
  contrastNames,
  counted,
  day,
  duration,
  growthText,
  personName,
  readerShown,
  sex,
  timeOf,
} from "../common/format.js";
import { consentText } from "../panels/training_consent.js";
import { pathOf } from "../reading/opening.js";
import { readingsWithUnsent } from "../reading/unsent.js";
import { progressNames } from "./order.js";
import { selectBox } from "./selection.js";

/** @typedef {import("../common/types.js").Study} Study @typedef {import("../common/types.js").StackSummary} StackSummary */

/** @param {Study} study @param {HTMLElement|string} menu what can be done to it @returns {HTMLTableSectionElement} */
export function studyRows(study, menu) {
  const { study_instance_uid, patient, study_date, study_description, accession_number, stacks } = study;
  const { imported_at, removal } = study;
  const besides = study.segmentations && counted(study.segmentations, "segmentation");
  const name = personName(patient.name);
  const rowspan = Math.max(1, stacks.length);
  const identity = element(
    "th",
    { scope: "rowgroup", rowspan, class: "patient" },
    element("strong", {}, name),
    element("span", {}, `${patient.id || "no ID"} · born ${day(patient.birth_date)} · ${sex(patient.sex)}`),
  );
  const accession = accession_number && `accession ${accession_number}`;
  const details = [study_description || "no description", accession, besides, consentText(study.training_consent)];
  const of = element(
    "td",
    { rowspan, class: "study" },
    element("strong", {}, day(study_date)),
    element("span", {}, details.filter(Boolean).join(" · ")),
  );
  const arrived = element("td", { rowspan, class: "arrived", title: timeOf(imported_at) }, ago(imported_at));
  if (removal) arrived.append(element("span", {}, `removed ${ago(removal.at)} by ${readerShown(removal.author)}`));
  const rows = stacks.length
    ? stacks.map((stack) => stackRow(stack, name))
    : [element("tr", { "data-row": study_instance_uid }, element("td", { colspan: 3 }, "no usable stack"))];
  rows[0].prepend(identity, of);
  rows[0].append(arrived, element("td", { rowspan, class: "menu" }, menu));
  return element("tbody", {}, ...rows);
}

/** @param {StackSummary} stack @param {string} name */
function stackRow(stack, name) {
  const { description, contrast, is_lge, is_lge_because, number_of_slices, reading } = stack;
  const link = element(
    "a",
    {
      // To look at what is signed begins no reading of one's own.
      href: reading?.signature ? pathOf(stack.stack_id, reading.id) : `/stacks/${encodeURIComponent(stack.stack_id)}`,
      tabindex: -1,
      "aria-label": `Read ${description || "stack"} of ${name}`,
    },
    description || "no description",
  );
  const kind = element(
    "span",
    { class: "badge", "data-lge": String(is_lge), title: is_lge_because },
    is_lge ? "LGE" : "Not LGE",
  );
  const of = element(
    "span",
    { class: "of" },
    `${contrastNames[contrast] ?? "–"} · ${counted(number_of_slices, "slice")} `,
    kind,
  );
  const row = element(
    "tr",
    { class: is_lge ? "stack" : "stack other", "data-row": stack.stack_id },
    element("td", { class: "description" }, element("span", { class: "select" }, selectBox(stack, name)), link, of),
    element("td", { class: "progress" }, ...progress(stack)),
    element("td", { class: "figure" }, reading?.mass_g == null ? "–" : `${reading.mass_g.toFixed(2)} g`),
  );
  row.addEventListener("click", (event) => {
    if (isWithin(event.target, "a, .menu, .select") || event.ctrlKey || event.metaKey) return;
    link.focus({ preventScroll: true });
    link.click();
  });
  return row;
}

/** @param {StackSummary} stack */
function progress({ progress, reading, growth }) {
  const isCounted = progress === "reading" && reading;
  const text = isCounted ? `${progressNames[progress]} ${reading.reviewed}/${reading.of}` : progressNames[progress];
  const parts = [element("span", { class: "badge", "data-progress": progress }, text)];
  if (reading && readingsWithUnsent().has(reading.id)) {
    const title = "Changes made in this browser are not stored yet. Open the reading to send them.";
    parts.push(element("span", { class: "badge unsent", title }, "unsent changes"));
  }
  if (reading?.delivery && !reading.delivery.is_written)
    parts.push(element("span", { class: "badge unsent", title: reading.delivery.reason }, "result waits"));
  const [who, at] = reading?.signature
    ? [reading.signature.reader, reading.signature.signed_at]
    : [reading?.reader, reading?.changed_at];
  if (who && at) {
    const worked = reading?.seconds_of_work ? ` · ${duration(reading.seconds_of_work)}` : "";
    const title = reading?.seconds_of_work ? "Who, when, and how long was worked on it" : null;
    parts.push(element("span", { class: "by", title }, `${readerShown(who)}, ${ago(at)}${worked}`));
  }
  if (growth) parts.push(element("span", { class: "growth" }, growthText(growth)));
  return parts;
}
