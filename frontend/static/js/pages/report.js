/** The printable report: its language, printing, and the finding and remarks that a reader writes. */

import { writeReportText } from "../common/api.js";
import { byId, find } from "../common/dom.js";
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

/** How unsure the mass is takes models their time: the sheet is shown before, and again once they have said. */
async function askSpread() {
  const address = new URL(location.href);
  address.searchParams.set("asks", "true");
  const answer = await fetch(address);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  find("main").replaceWith(find("main", page));
}
// Without it the sheet stands as it is.
if (document.body.dataset.asks) askSpread().catch(() => {});

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
