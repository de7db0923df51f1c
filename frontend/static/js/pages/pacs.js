/** The network: a study found and fetched, the queue, what arrives, the rules and the peers. */

import { getNetwork } from "../common/api.js";
import { bindCommands } from "../common/commands.js";
import { buttonsOf, byId } from "../common/dom.js";
import { untilAnswered } from "../common/retry.js";
import { session } from "../common/session.js";
import { ArrivalList } from "../panels/arrivals.js";
import { Finding } from "../panels/pacs_find.js";
import { RuleList } from "../panels/pacs_rules.js";
import { showPeers } from "../panels/peers.js";
import { Queue } from "../panels/transfers.js";

/** A page that is looked at asks anew so often: sooner while something is under way. */
const refresh_ms = { open: 1000, still: 5000 };
const parts = /** @type {const} */ ([
  ["find", "Find and fetch"],
  ["transfers", "Transfers"],
  ["arrivals", "Arrivals"],
  ["rules", "Rules"],
  ["peers", "Peers"],
]);

/** @param {string} text */
function fail(text) {
  byId("failure").hidden = !text;
  byId("failure").textContent = text;
}

let timer = 0;
let part = "find";
const queue = new Queue(fail);
const finding = new Finding(fail, () => void refresh());
const arrivals = new ArrivalList();
const rules = new RuleList(fail);

/** @param {string} name */
function show(name) {
  part = name;
  for (const [each] of parts) {
    byId(each).hidden = each !== name;
    for (const button of buttonsOf(each)) button.setAttribute("aria-pressed", String(each === name));
  }
  history.replaceState(null, "", `#${name}`);
  if (name === "find") finding.focus();
  if (name === "rules") rules.load().catch((error) => fail(`The rules cannot be shown: ${error.message}`));
  void refresh();
}

async function refresh() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible" || session.isEnded) return;
  try {
    if (!session.isUnattended) await queue.load();
    if (part === "arrivals" && !session.isUnattended) await arrivals.load();
    if (byId("failure").dataset.lost) fail("");
    delete byId("failure").dataset.lost;
  } catch (error) {
    fail(`The server cannot be asked, trying again. ${error.message}`);
    byId("failure").dataset.lost = "yes";
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, queue.open ? refresh_ms.open : refresh_ms.still);
}

queue.addEventListener("loaded", (event) => {
  finding.take(/** @type {CustomEvent} */ (event).detail);
  byId("open-count").textContent = queue.open ? ` (${queue.open})` : "";
});
document.addEventListener("visibilitychange", () => void refresh());
window.addEventListener("sessionresume", () => void refresh());
bindCommands(
  parts.map(([id, text], index) => ({
    id,
    text,
    group: "Show",
    keys: [String(index + 1)],
    run: () => show(id),
  })),
);

async function begin() {
  const { local, peers } = await untilAnswered(getNetwork, () => fail("The server cannot be reached, trying again."));
  fail("");
  byId("local").textContent = local
    ? `We are ${local.ae_title}, at ${local.host}:${local.port}${local.is_encrypted ? ", encrypted" : ""}`
    : "Nothing listens here";
  byId("no-peers").hidden = peers.length > 0;
  byId("search").hidden = !peers.length;
  finding.offer(peers);
  showPeers(peers);
  const asked = location.hash.slice(1);
  show(parts.some(([id]) => id === asked) ? asked : "find");
}
begin().catch((error) => fail(`The page cannot be shown: ${error.message}`));
