/** Images that came into the study after the reading got its slices. */

import { byId, find } from "../common/dom.js";
import { growthText } from "../common/format.js";

/** @param {import("../reading/draft.js").Draft} draft */
export function showGrowth(draft) {
  const growth = draft.isOpen ? draft.reading.growth : null;
  const place = byId("growth");
  place.hidden = !growth;
  if (!growth) return;
  find("p", place).textContent = `${growthText(growth)}.`;
  find("button", place).hidden = !growth.slices;
}
