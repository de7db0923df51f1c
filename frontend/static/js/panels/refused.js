/** What an upload was refused, by reason: to read, to copy and to keep as text. */

import { byId, element } from "../common/dom.js";
import { counted } from "../common/format.js";
import { byReason, refusalsText } from "../upload/refusals.js";

/** @typedef {import("../upload/files.js").Refusal} Refusal */

/** So many names of one reason are shown; all are in the text. */
const most_names = 50;

export class Refused {
  /** @type {Refusal[]} */
  #refusals = [];
  #shown = 0;
  #isBusy = false;

  constructor() {
    byId("refused-copy").addEventListener("click", async () => {
      const isCopied = await copied(refusalsText(this.#refusals));
      byId("refused-said").textContent = isCopied ? "Copied" : "The browser does not let it be copied";
    });
    byId("refused-save").addEventListener("click", () => saveText("refused files.txt", refusalsText(this.#refusals)));
  }

  /**
   * Closed while files are on their way, so that nothing below it moves; open at the end, where there is something to read.
   * @param {Refusal[]} refusals @param {boolean} isBusy
   */
  show(refusals, isBusy) {
    const details = byId("refused", HTMLDetailsElement);
    details.hidden = !isBusy && !refusals.length;
    if (isBusy !== this.#isBusy) details.open = !isBusy;
    this.#isBusy = isBusy;
    if (refusals === this.#refusals && refusals.length === this.#shown) return;
    this.#refusals = refusals;
    this.#shown = refusals.length;
    byId("refused-said").textContent = "";
    byId("refused-title").textContent = `${refusals.length} refused`;
    byId("refused-list").replaceChildren(
      ...byReason(refusals).flatMap(([reason, names]) => {
        const more = names.length - most_names;
        const last = more > 0 ? [element("li", {}, `and ${counted(more, "more file")}, all in the text`)] : [];
        const rows = names.slice(0, most_names).map((name) => element("li", {}, name));
        return [
          element("dt", {}, reason, element("span", {}, counted(names.length, "file"))),
          element("dd", {}, element("ul", {}, ...rows, ...last)),
        ];
      }),
    );
  }
}

/** Pages that are not served over HTTPS have no clipboard but that of a selected text. */
async function copied(text) {
  const given = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  if (given) return true;
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const area = element("textarea", { class: "unseen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  before?.focus();
  return isCopied;
}

function saveText(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
