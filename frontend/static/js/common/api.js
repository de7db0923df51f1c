/** The server, as the page calls it. Every refusal is a Problem (RFC 9457), a lost connection is Unreachable. */

import { session } from "./session.js";

export class Problem extends Error {
  /** @param {number} status @param {{type?: string, title?: string, detail?: string, rejected?: object[]}} body */
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }

  /** Was the edit made on a reading that has moved on? */
  get isStale() {
    return this.body.type === "urn:scarmass:problem:RevisionStale";
  }

  /** Is nobody signed in any more, or somebody else than the person of this page? */
  get isSignedOut() {
    return this.body.type === "urn:scarmass:problem:NotSignedIn";
  }

  /** Did the request not get through to where it would be decided? It will, a little later. */
  get isOnTheWay() {
    const { type = "" } = this.body;
    const isAway =
      this.status === 503 &&
      (!type || /:(DatabaseUnavailable|StoreUnavailable|ModelsUnavailable|ModelsBusy|CalledOff)$/.test(type));
    return isAway || [408, 425, 429, 502, 504].includes(this.status);
  }

  /** May the same request succeed a little later? */
  get isPassing() {
    return this.isOnTheWay || this.status >= 500 || [401, 403].includes(this.status);
  }
}

export class Unreachable extends Error {}

const part = encodeURIComponent;
const readerKey = "scarmass.reader";

/** Who reads: whoever signed in, or without a login the name that was typed on this computer. */
export const readerName = () => session.personName || (localStorage.getItem(readerKey) ?? "");
export const setReaderName = (name) => localStorage.setItem(readerKey, name.trim());

/** @param {string} text @returns {object} the JSON of a body, or {} where a proxy answered something else */
export function problemBody(text) {
  try {
    const body = JSON.parse(text);
    return body && typeof body === "object" ? body : {};
  } catch {
    return {};
  }
}

/** What the server refuses; where it is that nobody is signed in, every part of the page hears of it. */
export function problemOf(status, body) {
  const problem = new Problem(status, body);
  if (problem.isSignedOut) session.take("");
  return problem;
}

/** A request without an answer for so long counts as lost. Models on a busy server take their time. */
const lost_after_ms = 120_000;

/**
 * @typedef {{method?: string, body?: object, reader?: string, signal?: AbortSignal, keepalive?: boolean}} Options
 * signal: gives the request up
 */

/** Whoever asks too much is told when to go on: everything waits its time and is asked again. */
const too_many = 429;
const soonest_ms = 1000;

/** @param {string} path @param {Options} [options] */
export async function answerOf(path, options = {}) {
  for (;;) {
    const answer = await askedOnce(path, options);
    if (answer.ok) return answer;
    if (answer.status !== too_many || options.keepalive)
      throw problemOf(answer.status, problemBody(await answer.text()));
    const wait_ms = 1000 * Number(answer.headers.get("Retry-After"));
    await new Promise((resume) => setTimeout(resume, Math.max(soonest_ms, wait_ms || 0)));
  }
}

/** @param {string} path @param {Options} options */
async function askedOnce(path, { method = "GET", body, reader, signal, keepalive }) {
  const who = reader ?? (method === "GET" ? "" : readerName());
  /** @type {Record<string, string>} */
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  if (session.personId) headers["X-Person"] = session.personId;
  else if (who) headers["X-Reader"] = part(who);
  try {
    return await fetch(path, {
      method,
      headers,
      keepalive,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.any([AbortSignal.timeout(lost_after_ms), ...(signal ? [signal] : [])]),
    });
  } catch {
    throw new Unreachable("The server cannot be reached.");
  }
}

/** @param {string} path @param {Options} [options] */
export async function json(path, options) {
  const answer = await answerOf(path, options);
  try {
    return await answer.json();
  } catch {
    throw new Unreachable("The server's answer was cut off.");
  }
}

export const root = "/api/v1";

/** An identifier for one attempt of the reader's, also where the page is not served over HTTPS. */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const studiesPath = `${root}/studies`;
/** @param {string|null} [cursor] @param {boolean} [removed] those that were taken off the worklist */
export const listStudies = (cursor, removed = false) =>
  json(`${studiesPath}?limit=100${cursor ? `&cursor=${part(cursor)}` : ""}${removed ? "&removed=true" : ""}`);
/** @param {string} studyUid @param {boolean} removed */
export const patchStudy = (studyUid, removed) =>
  json(`${studiesPath}/${part(studyUid)}`, { method: "PATCH", body: { removed } });
/** @param {string} studyUid @param {string} state @returns {Promise<import("./types.js").Schemas["TrainingConsent"]>} */
export const putTrainingConsent = (studyUid, state) =>
  json(`${studiesPath}/${part(studyUid)}/training-consent`, { method: "PUT", body: { state } });
/** For good, of a study that is off the worklist. @param {string} studyUid @param {object} body
 * @returns {Promise<import("./types.js").Schemas["Deletion"]>} */
export const deleteStudy = (studyUid, body) => json(`${studiesPath}/${part(studyUid)}`, { method: "DELETE", body });
/** @param {string} id @returns {Promise<import("./types.js").Schemas["Deletion"]>} */
export const getDeletion = (id) => json(`${root}/deletions/${part(id)}`);
/** @returns {Promise<import("./types.js").Study[]>} the whole worklist */
export async function listAllStudies() {
  const all = [];
  let cursor = null;
  do {
    const { studies, next_cursor } = await listStudies(cursor);
    all.push(...studies);
    cursor = next_cursor;
  } while (cursor);
  return all;
}

const readerStudiesPath = `${root}/reader-studies`;
/** @param {number|null} cursor @returns {Promise<import("./types.js").Schemas["ReaderStudies"]>} */
export const listReaderStudies = (cursor) => json(`${readerStudiesPath}${cursor ? `?cursor=${cursor}` : ""}`);
/** @param {object} body @returns {Promise<import("./types.js").Schemas["ReaderStudy"]>} */
export const makeReaderStudy = (body) => json(readerStudiesPath, { method: "POST", body });
/** @returns {Promise<import("./types.js").Schemas["ReaderStudy"]>} */
export const getReaderStudy = (id) => json(`${readerStudiesPath}/${part(id)}`);
/** @returns {Promise<import("./types.js").Schemas["OpenedAssignment"]>} what this reader reads next */
export const openNext = (id, clientId) =>
  json(`${readerStudiesPath}/${part(id)}/next`, { method: "POST", body: { client_id: clientId } });
/** Hidden from a reader who still reads. @returns {Promise<import("./types.js").Schemas["Results"]>} */
export const getReaderStudyResults = (id) => json(`${readerStudiesPath}/${part(id)}/results`, { reader: readerName() });
/** @param {string} id @param {import("./types.js").Schemas["MeasurementSet"]|null} [of] all where no set is named */
export const resultsCsvPath = (id, of = null) =>
  `${readerStudiesPath}/${part(id)}/results?format=csv` +
  (of ? `&reader=${part(of.reader)}&arm=${of.arm}&repeat=${of.repeat}` : "");
/** @param {string} id @param {number} number @param {string} extent @returns {Promise<string>} SVG */
export const getBlandAltman = async (id, number, extent) =>
  (
    await answerOf(`${readerStudiesPath}/${part(id)}/comparisons/${number}/bland-altman?extent=${extent}`, {
      reader: readerName(),
    })
  ).text();

const pacsPath = `${root}/pacs`;
/** @returns {Promise<import("./types.js").Schemas["Network"]>} */
export const getNetwork = () => json(`${pacsPath}/peers`);
/** @param {string} peer @returns {Promise<import("./types.js").Schemas["Echo"]>} */
export const echoPeer = (peer) => json(`${pacsPath}/peers/${part(peer)}/echo`, { method: "POST" });
/** @param {Record<string, string>} query @returns {Promise<import("./types.js").Schemas["FoundStudies"]>} */
export const findStudies = (query) => json(`${pacsPath}/studies?${new URLSearchParams(query)}`);
/** @param {object} body @returns {Promise<import("./types.js").Schemas["Transfer"]>} */
export const fetchStudy = (body) => json(`${pacsPath}/fetches`, { method: "POST", body });
/** @param {Record<string, string>|string[][]} [query] @returns {Promise<import("./types.js").Schemas["Transfers"]>} */
export const listTransfers = (query = {}) => json(`${pacsPath}/transfers?${new URLSearchParams(query)}`);
/** @param {string} id @param {"retry"|"cancel"} what @returns {Promise<import("./types.js").Schemas["Transfer"]>} */
export const changeTransfer = (id, what) => json(`${pacsPath}/transfers/${part(id)}/${what}`, { method: "POST" });
/** @param {number|null} cursor @returns {Promise<import("./types.js").Schemas["Arrivals"]>} */
export const listArrivals = (cursor) => json(`${pacsPath}/arrivals${cursor ? `?cursor=${cursor}` : ""}`);
/** @returns {Promise<import("./types.js").Schemas["Rules"]>} */
export const getRules = () => json(`${pacsPath}/rules`);
/** @param {object} body @returns {Promise<import("./types.js").Schemas["RulesTested"]>} */
export const tryRules = (body) => json(`${pacsPath}/rules/test`, { method: "POST", body });
/** @param {string} readingId @param {object} body @returns {Promise<import("./types.js").Schemas["Transfer"]>} */
export const sendReading = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/send`, { method: "POST", body });

const auditPath = `${root}/audit`;
/**
 * @param {Record<string, string>} query @param {number|null} cursor
 * @returns {Promise<import("./types.js").Schemas["AuditEvents"]>}
 */
export const listAuditEvents = (query, cursor) =>
  json(`${auditPath}?${new URLSearchParams(cursor ? { ...query, cursor: String(cursor) } : query)}`);
/** @param {Record<string, string>} query @returns {string} */
export const auditExportPath = (query) => `${auditPath}/export?${new URLSearchParams(query)}`;

export const getStack = (stackId) => json(`${root}/stacks/${part(stackId)}`);
export const patchStack = (stackId, body) => json(`${root}/stacks/${part(stackId)}`, { method: "PATCH", body });
export const getView = (stackId) => json(`${root}/stacks/${part(stackId)}/view`);
/** @returns {Promise<import("./types.js").Schemas["OtherViews"]>} */
export const getOtherViews = (stackId) => json(`${root}/stacks/${part(stackId)}/other_views`);
/** @returns {Promise<import("./types.js").Schemas["Priors"]>} */
export const getPriors = (studyUid) => json(`${studiesPath}/${part(studyUid)}/priors`);
/** @returns {Promise<import("./types.js").Schemas["ViewImages"]>} */
export const getImages = (stackId) => json(`${root}/stacks/${part(stackId)}/images`);
/** @param {string} stackId @param {string} clientId @param {boolean} [own] beside the one that all readers share */
export const startReading = (stackId, clientId, own = false) =>
  json(`${root}/stacks/${part(stackId)}/readings`, { method: "POST", body: { client_id: clientId, own } });
/** @returns {Promise<import("./types.js").Schemas["StackReadings"]>} */
export const listReadings = (stackId) => json(`${root}/stacks/${part(stackId)}/readings`);
/** @returns {Promise<import("./types.js").Schemas["Comparison"]>} */
export const compareReadings = (readingId, otherId) =>
  json(`${root}/readings/${part(readingId)}/compare?with=${part(otherId)}`);
/** @returns {Promise<import("./types.js").Reading>} */
export const signReading = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/sign`, { method: "POST", body });
/** @returns {Promise<import("./types.js").Reading>} */
export const amendReading = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/amend`, { method: "POST", body });
/** It is sent to the end also where the page goes. */
export const sendWork = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/work`, { method: "POST", body, keepalive: true });
export const getReading = (readingId) => json(`${root}/readings/${part(readingId)}`);
/** @returns {Promise<import("./types.js").Schemas["Spread"]>} */
export const getSpread = (readingId) => json(`${root}/readings/${part(readingId)}/spread`);
/** @param {object} body @returns {Promise<import("./types.js").Schemas["Methods"]>} */
export const askMethods = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/methods`, { method: "POST", body });
/** @returns {Promise<import("./types.js").Segment17[]>} */
export const getSegments17 = (readingId) => json(`${root}/readings/${part(readingId)}/segments17`);
/** @returns {Promise<import("./types.js").Schemas["LevelsTold"]>} */
export const getLevels = (readingId) => json(`${root}/readings/${part(readingId)}/segments17/levels`);
/** @returns {Promise<import("./types.js").Landmarks>} null where none is likely */
export const getProposedLandmarks = (readingId) => json(`${root}/readings/${part(readingId)}/landmarks/proposed`);
/** @param {string} readingId @param {string} shown @returns {Promise<string>} SVG */
export const getBullsEye = async (readingId, shown) =>
  (await answerOf(`${root}/readings/${part(readingId)}/bulls_eye?shown=${part(shown)}`)).text();
export const sendEdit = (readingId, body, reader) =>
  json(`${root}/readings/${part(readingId)}/edits`, { method: "POST", body, reader });
/** @returns {Promise<import("./types.js").Schemas["Segmentations"]>} those that lie beside the study */
export const listSegmentations = (studyUid) => json(`${studiesPath}/${part(studyUid)}/segmentations`);
/** @returns {Promise<import("./types.js").Schemas["SegmentationOnStack"]>} what one shows of a reading's slices */
export const getSegmentation = (stackId, sopInstanceUid, readingId) =>
  json(`${root}/stacks/${part(stackId)}/segmentations/${part(sopInstanceUid)}?reading_id=${part(readingId)}`);
/** Its masks come into the reading as one edit. @param {import("./types.js").Reading|{id: string, stack_id: string}} reading */
export const sendImport = ({ id, stack_id }, { client_id, expected_revision, segmentation }, reader) => {
  const { sop_instance_uid, segments } = segmentation;
  const body = { client_id, sop_instance_uid, segments, into: { reading_id: id, expected_revision } };
  return json(`${root}/stacks/${part(stack_id)}/readings/from-segmentation`, { method: "POST", body, reader });
};
/** @param {object} body @param {AbortSignal} signal @returns {Promise<{mask: import("./types.js").Rle}>} */
export const askSegment = (body, signal) => json(`${root}/segment`, { method: "POST", body, signal });
export const listEdits = (readingId) => json(`${root}/readings/${part(readingId)}/edits?limit=1000`);
export const sendLook = (readingId, { sop_instance_uid, frame_number }) =>
  answerOf(`${root}/readings/${part(readingId)}/look`, { method: "POST", body: { sop_instance_uid, frame_number } });
export const eventsPath = (readingId, after) => `${root}/readings/${part(readingId)}/events?after=${part(after)}`;
export const csvPath = (readingId) => `${root}/readings/${part(readingId)}/export?format=csv`;
/** @param {string[]} readingIds @param {"csv"|"xlsx"} format @returns {string} their totals in one table */
export const totalsPath = (readingIds, format) =>
  `${root}/export?${readingIds.map((id) => `reading=${part(id)}`).join("&")}&format=${format}`;
/** @param {string} readingId @returns {Promise<import("./types.js").Schemas["PatternTold"]>} */
export const getPattern = (readingId) => json(`${root}/readings/${part(readingId)}/pattern`);
/** @param {string} readingId @param {import("./types.js").Schemas["ReportTextRequest"]} body */
export const writeReportText = (readingId, body) =>
  json(`${root}/readings/${part(readingId)}/report/text`, { method: "POST", body });

const slicePath = (slice) => `${root}/slices/${part(slice.sop_instance_uid)}/${slice.frame_number}`;
export const thumbnailPath = (slice) => `${slicePath(slice)}/thumbnail`;

/** @returns {Promise<ArrayBuffer>} the slice's stored values, little-endian */
export async function getPixels(slice) {
  const answer = await answerOf(`${slicePath(slice)}/pixels`);
  return answer.arrayBuffer();
}

/**
 * @param {import("./types.js").SliceKey} slice @param {string} limit @param {number} sensitivity
 * @returns {Promise<{mask: import("./types.js").Rle}>}
 */
export const getPixelsAbove = (slice, limit, sensitivity) =>
  json(`${slicePath(slice)}/above?limit=${part(limit)}&sensitivity=${sensitivity}`);
