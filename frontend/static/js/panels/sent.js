/** Where a signed result went, and sending it by hand. */

import { getNetwork, listTransfers, newClientId, sendReading } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { sentShort, sentText } from "../pacs/words.js";

/** Asked anew so often: sooner while it is on its way. */
const refresh_ms = { open: 2000, still: 30_000 };

export class Sent {
  #readingId = "";
  #timer = 0;
  /** @type {Promise<import("../common/types.js").Schemas["Peer"][]>|null} */
  #peers = null;

  /** @param {HTMLElement} place is filled, and hidden where there is no peer @param {boolean} folded into one button */
  constructor(place, folded = false) {
    this.place = place;
    this.said = element("span", { role: "status" });
    this.select = element("select", { "aria-label": "Send to" });
    this.button = element("button", { type: "button" });
    this.button.addEventListener("click", () => void this.#send());
    const whole = [this.said, this.select, this.button];
    if (folded) place.append(...this.#folded(whole));
    else place.append(...whole);
  }

  /** @param {HTMLElement[]} whole */
  #folded(whole) {
    const inside = element("span", { class: "unfolded", hidden: true }, ...whole);
    const opener = element("button", { type: "button", class: "opener", "aria-expanded": "false" });
    const unfold = (isOpen) => {
      inside.hidden = !isOpen;
      opener.setAttribute("aria-expanded", String(isOpen));
    };
    opener.addEventListener("click", () => unfold(inside.hidden));
    this.place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || inside.hidden) return;
      event.stopPropagation();
      unfold(false);
      opener.focus();
    });
    this.opener = opener;
    return [opener, inside];
  }

  /** @param {string|null} readingId a signed reading; null where it is not signed */
  follow(readingId) {
    if (this.#readingId === (readingId ?? "")) return;
    this.#readingId = readingId ?? "";
    this.place.hidden = true;
    clearTimeout(this.#timer);
    if (readingId) void this.#refresh();
  }

  async #refresh() {
    const readingId = this.#readingId;
    clearTimeout(this.#timer);
    let isOpen = false;
    try {
      const peers = await this.#known();
      if (!peers.length || readingId !== this.#readingId) return;
      const { transfers } = await listTransfers({ reading_id: readingId });
      if (readingId !== this.#readingId) return;
      this.#say(transfers.map(sentText).join(" · ") || "Not sent to anybody yet");
      if (this.opener) this.opener.textContent = sentShort(transfers);
      isOpen = transfers.some(({ state }) => state === "waiting" || state === "running");
      this.place.hidden = false;
    } catch {
      isOpen = true; // asked anew a little later: what is shown stays
    }
    this.#timer = setTimeout(() => void this.#refresh(), isOpen ? refresh_ms.open : refresh_ms.still);
  }

  #known() {
    this.#peers ??= getNetwork().then(
      ({ peers }) => {
        this.select.replaceChildren(...peers.map(({ name }) => element("option", { value: name }, name)));
        this.select.hidden = peers.length < 2;
        this.button.textContent = peers.length === 1 ? `Send to ${peers[0].name}` : "Send";
        return peers;
      },
      (error) => {
        this.#peers = null;
        throw error;
      },
    );
    return this.#peers;
  }

  /** @param {string} text */
  #say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
    this.said.title = text;
  }

  async #send() {
    this.button.disabled = true;
    try {
      await sendReading(this.#readingId, { client_id: newClientId(), peer: this.select.value, kinds: [] });
      await this.#refresh();
    } catch (error) {
      this.#say(`Not sent: ${error.message}`);
    }
    this.button.disabled = false;
    if (document.activeElement === document.body) this.button.focus(); // a disabled button loses the keyboard
  }
}

/** @param {string} selector of a place on the page @param {boolean} [folded] */
export const sentAt = (selector, folded) => new Sent(find(selector), folded);
