/** Which studies the worklist shows, and in which order; and which one is read after another. */

import { day, personName } from "../common/format.js";

/** @typedef {import("../common/types.js").Study} Study @typedef {import("../common/types.js").StackSummary} StackSummary */
/** @typedef {StackSummary["progress"]} Progress @typedef {"patient"|"study"|"state"|"scar"|"arrived"} Column */
/** @typedef {{column: Column, descends: boolean}} Sorting */

/** From the least done to done. @type {Record<Progress, string>} */
export const progressNames = {
  new: "new",
  preparing: "preparing",
  failed: "failed",
  ready: "ready",
  reading: "reading",
  done: "done",
  signed: "signed",
};
const inOrder = Object.keys(progressNames);

/** As the server lists them: the newest study first. @type {Sorting} */
export const unsorted = { column: "study", descends: true };

/** Decided throughout: nothing is left to be read. @type {Set<Progress>} */
const isDone = new Set(["done", "signed"]);

const keptAt = "scarmass.worklist";

/** @returns {Sorting} as it was chosen on this computer */
export function keptSorting() {
  try {
    return { ...unsorted, ...JSON.parse(localStorage.getItem(keptAt) ?? "{}") };
  } catch {
    return unsorted;
  }
}

/** @param {Sorting} sorting */
export const keepSorting = (sorting) => localStorage.setItem(keptAt, JSON.stringify(sorting));

/** The stacks of a study that are to be read; all of them where none shows late enhancement. @param {Study} study */
function readable({ stacks }) {
  const lge = stacks.filter(({ is_lge }) => is_lge);
  return lge.length ? lge : stacks;
}

/** @type {Record<Column, (study: Study) => string|number>} */
const keys = {
  patient: ({ patient }) => `${personName(patient.name)} ${patient.id}`.toLowerCase(),
  study: ({ study_date }) => study_date,
  state: (study) => Math.min(...readable(study).map(({ progress }) => inOrder.indexOf(progress))),
  scar: (study) => Math.max(-1, ...readable(study).map(({ reading }) => reading?.mass_g ?? -1)),
  arrived: ({ imported_at }) => Date.parse(imported_at),
};

/** @param {Study[]} studies as the server lists them @param {Sorting} sorting @returns {Study[]} */
export function sorted(studies, { column, descends }) {
  const key = keys[column];
  const sign = descends ? -1 : 1;
  return [...studies].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x < y ? -sign : x > y ? sign : 0;
  });
}

/** Does a study have all the words, and a stack of the wanted state? @param {Study} study @param {string[]} words @param {string} state */
export function matches({ patient, study_date, study_description, accession_number, stacks }, words, state) {
  const text = [
    personName(patient.name),
    patient.name,
    patient.id,
    accession_number,
    study_date,
    day(study_date),
    study_description,
    ...stacks.flatMap(({ description, reading }) => [description, reading?.reader ?? ""]),
  ]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word)) && (!state || stacks.some(({ progress }) => progress === state));
}

/**
 * The stack to be read after another one: of the next study that is not done, after the last one the first.
 * @param {Study[]} studies in their order @param {string} stackId @returns {string|null} null where all others are done
 */
export function nextUndone(studies, stackId) {
  const at = studies.findIndex(({ stacks }) => stacks.some(({ stack_id }) => stack_id === stackId));
  const others = [...studies.slice(at + 1), ...studies.slice(0, Math.max(0, at))];
  const open = others.flatMap(({ stacks }) => stacks.filter(({ is_lge, progress }) => is_lge && !isDone.has(progress)));
  return open[0]?.stack_id ?? null;
}
