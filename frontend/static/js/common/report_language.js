/** The language that reports are shown in on this computer. */

const key = "scarmass.report_language";

/** @param {string} language */
export const keepReportLanguage = (language) => localStorage.setItem(key, language);

/** @param {string} readingId @returns {string} the address of its printable report */
export function reportPath(readingId) {
  const language = localStorage.getItem(key) ?? "en";
  return `/readings/${encodeURIComponent(readingId)}/report?language=${encodeURIComponent(language)}`;
}
