/** The machines of the network, and whether they answer. */

import { echoPeer } from "../common/api.js";
import { byId, element, find } from "../common/dom.js";

/** @typedef {import("../common/types.js").Schemas["Peer"]} Peer */

/** @param {Peer[]} peers */
export function showPeers(peers) {
  find("tbody", byId("peer-list")).replaceChildren(...peers.map(row));
  byId("peer-list").hidden = !peers.length;
}

/** @param {Peer} peer */
function row({ name, protocol, address, ae_title, retrieval, is_encrypted, commits }) {
  const said = element("span", { role: "status" });
  const button = element("button", { type: "button", "aria-label": `Ask ${name} whether it answers` }, "Echo");
  button.addEventListener("click", () => void echo(name, button, said));
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", {}, protocol, element("small", {}, is_encrypted ? "encrypted" : "not encrypted")),
    element("td", {}, address),
    element("td", {}, ae_title ?? "–"),
    element("td", {}, retrieval ? `C-${retrieval.toUpperCase()}` : "WADO-RS"),
    element("td", {}, commits ? "asked for" : "–"),
    element("td", { class: "act" }, button, " ", said),
  );
}

/** @param {string} name @param {HTMLButtonElement} button @param {HTMLElement} said */
async function echo(name, button, said) {
  button.disabled = true;
  said.textContent = "asking…";
  try {
    const { answers, reason } = await echoPeer(name);
    said.textContent = answers ? "answers" : `does not: ${reason}`;
    said.dataset.answers = String(answers);
  } catch (error) {
    said.textContent = error.message;
  }
  button.disabled = false;
}
