/** The printable report: its language, printing, and the finding and remarks that a reader writes. */

import { writeReportText } from "../common/api.js";
import { byId } from "../common/dom.js";
import { keepReportLanguage } from "../common/report_language.js";

const form = byId("text", HTMLFormElement);
const finding = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("finding"));
const remarks = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("remarks"));
const { readingId = "", textNumber = "0" } = document.body.dataset;
let isSaving = false;

const hasUnsaved = () => [finding, remarks].some((field) => field.value !== field.defaultValue);

const language = byId("language", HTMLSelectElement);
language.addEventListener("change", () => {
  keepReportLanguage(language.value);
  location.search = `?language=${encodeURIComponent(language.value)}`;
});
byId("print").addEventListener("click", () => window.print());
byId("propose").addEventListener("click", () => {
  finding.value ||= finding.placeholder;
  finding.focus();
});
window.addEventListener("beforeunload", (event) => {
  if (hasUnsaved() && !isSaving) event.preventDefault();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isSaving) return;
  isSaving = true;
  byId("said").textContent = "Saving…";
  try {
    await writeReportText(readingId, {
      finding: finding.value,
      remarks: remarks.value,
      after: Number(textNumber),
    });
    location.reload();
  } catch (error) {
    isSaving = false;
    byId("said").textContent = `Not saved: ${error.message}`;
  }
});
