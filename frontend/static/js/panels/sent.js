/** Where a signed result went, and sending it by hand. */

import { getNetwork, listTransfers, newClientId, sendReading } from "../common/api.js";
import { element, find } from "../common/dom.js";
import { sentText } from "../pacs/words.js";

/** Asked anew so often: sooner while it is on its way. */
const refresh_ms = { open: 2000, still: 30_000 };

export class Sent {
  #readingId = "";
  #timer = 0;
  /** @type {Promise<import("../common/types.js").Schemas["Peer"][]>|null} */
  #peers = null;

  /** @param {HTMLElement} place is filled, and hidden where there is no peer */
  constructor(place) {
    this.place = place;
    this.said = element("span", { role: "status" });
    this.select = element("select", { "aria-label": "Send to" });
    this.button = element("button", { type: "button" });
    this.button.addEventListener("click", () => void this.#send());
    place.append(this.said, this.select, this.button);
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
      this.#say(transfers.map(sentText).join(" · "));
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
  }
}

/** @param {string} selector of a place on the page */
export const sentAt = (selector) => new Sent(find(selector));
