/** The printable report: its language, printing, and what a reader writes into it while it is not signed. */

import { writeReportText } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";
import { keepReportLanguage } from "../common/report_language.js";
import { signInPath } from "../common/session.js";
import { sentAt } from "../panels/sent.js";

const { readingId = "", textNumber = "0" } = document.body.dataset;

const language = byId("language", HTMLSelectElement);
language.addEventListener("change", () => {
  keepReportLanguage(language.value);
  location.search = `?language=${encodeURIComponent(language.value)}`;
});
byId("print").addEventListener("click", () => window.print());

if (document.getElementById("sent")) sentAt("#sent").follow(readingId);

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

/** What is written stays on the page: the login is another window. */
function sayEnded() {
  const link = element("a", { href: signInPath(), target: "_blank" }, "Sign in");
  byId("said").replaceChildren("Not saved: your session ended. ", link, " in another window, then save again.");
}

/** @param {HTMLFormElement} form */
function bindText(form) {
  const finding = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("finding"));
  const remarks = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("remarks"));
  const quality = /** @type {HTMLSelectElement} */ (form.elements.namedItem("quality"));
  const quality_before = quality.value;
  let isSaving = false;
  const hasUnsaved = () =>
    [finding, remarks].some((field) => field.value !== field.defaultValue) || quality.value !== quality_before;
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
        quality: /** @type {import("../common/types.js").Schemas["ImageQuality"]|null} */ (quality.value || null),
        after: Number(textNumber),
      });
      location.reload();
    } catch (error) {
      isSaving = false;
      if (error.isSignedOut) sayEnded();
      else byId("said").textContent = `Not saved: ${error.message}`;
    }
  });
}

const form = document.getElementById("text");
if (form instanceof HTMLFormElement) bindText(form);
