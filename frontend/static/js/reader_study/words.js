/** How reader studies are written on the page. */

export const armNames = { with_proposals: "with proposals", without_proposals: "without proposals" };

/** @param {{arms: string[], alternates: boolean}} study */
export function armsText({ arms, alternates }) {
  const names = arms.map((arm) => armNames[arm]);
  return alternates ? `${names.join(" and ")}, the first one alternates` : names.join(", then ");
}

/** @param {string} id */
export const studyPath = (id) => `/reader-studies/${encodeURIComponent(id)}`;

/** @param {{number: number, of: number}} assignment */
export const placeText = ({ number, of }) => `${number} of ${of}`;
