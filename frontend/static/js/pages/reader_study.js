/** One reader study: how far its readers are, the next reading of this one, and what comes of it. */

import { getReaderStudy, newClientId, openNext, readerName, setReaderName } from "../common/api.js";
import { byId, element } from "../common/dom.js";
import { counted, readerShown } from "../common/format.js";
import { untilAnswered } from "../common/retry.js";
import { session } from "../common/session.js";
import { Results } from "../panels/reader_study_results.js";
import { armNames, armsText, placeText } from "../reader_study/words.js";
import { pathOf } from "../reading/opening.js";

/** @typedef {import("../common/types.js").Schemas["ReaderStudy"]} ReaderStudy */

const id = document.body.dataset.studyId ?? "";
const chosen = byId("reader", HTMLSelectElement);
const next = byId("next", HTMLButtonElement);
const results = new Results(id);
/** @type {ReaderStudy|null} */
let study = null;

/** @param {string} text */
function fail(text) {
  byId("failure").hidden = !text;
  byId("failure").textContent = text;
}

const lost = () => fail("The server cannot be reached, trying again.");

async function load() {
  study = await untilAnswered(() => getReaderStudy(id), lost);
  fail("");
  show(study);
  await results.load();
}

/** @param {ReaderStudy} study */
function show(study) {
  document.title = `${study.name} · ScarMass`;
  byId("name").textContent = study.name;
  const facts = [
    counted(study.stacks.length, "patient"),
    armsText(study),
    study.repeats > 1 && `each read ${study.repeats} times`,
    study.seed === null ? "in the order of the list" : `order shuffled with seed ${study.seed}`,
    study.hides_readings && "readings hidden until all are signed",
  ];
  byId("design").textContent = facts.filter(Boolean).join(" · ");
  const names = study.readers.map(readerShown);
  const none = element("option", { value: "" }, "none of them");
  chosen.replaceChildren(none, ...names.map((name) => element("option", {}, name)));
  chosen.value = names.includes(readerName()) ? readerName() : "";
  chosen.disabled = session.personId !== "";
  byId("reading").hidden = byId("results").hidden = false;
  byId("progress").replaceChildren(...study.progress.map(row));
  showNext();
}

/** @param {ReaderStudy["progress"][number]} each */
function row({ reader, done, of }) {
  const name = readerShown(reader);
  const bar = element("meter", { min: 0, max: of, value: done, "aria-label": `Signed by ${name}` });
  return element(
    "tr",
    { "aria-current": name === chosen.value && "true" },
    element("th", { scope: "row" }, name),
    element("td", {}, `${done} of ${of}`),
    element("td", {}, bar),
  );
}

function showNext() {
  const mine = study?.progress.find(({ reader }) => readerShown(reader) === chosen.value);
  next.disabled = !mine?.next;
  if (!mine && chosen.disabled) byId("said").textContent = "You are none of its readers.";
  else if (!mine) byId("said").textContent = "Choose who you are to read.";
  else if (!mine.next) byId("said").textContent = "You have signed everything.";
  else byId("said").textContent = `${placeText(mine.next)}, ${armNames[mine.next.arm]}`;
}

async function read() {
  next.disabled = true;
  const clientId = newClientId();
  try {
    const { assignment, reading_id } = await untilAnswered(() => openNext(id, clientId), lost);
    location.assign(pathOf(assignment.stack_id, reading_id));
  } catch (error) {
    fail(`The next reading cannot be opened: ${error.message}`);
    next.disabled = false;
  }
}

chosen.addEventListener("change", () => {
  if (!study) return;
  setReaderName(chosen.value);
  show(study);
  void results.load();
});
next.addEventListener("click", () => void read());
const shownAgain = () => document.visibilityState === "visible" && load().catch(say);
const say = (error) => fail(`This reader study cannot be shown: ${error.message}`);
document.addEventListener("visibilitychange", shownAgain);
window.addEventListener("pageshow", ({ persisted }) => persisted && shownAgain());
load().catch(say);
