/** An earlier study of the patient beside this one: its images with the outlines of its reading, and what is said of it. */

import { getImages, getReading } from "../common/api.js";
import { day, grams, personName, readerShown } from "../common/format.js";
import { Overlay } from "../image/overlay.js";
import { boxesAround } from "../reading/mask.js";
import { keyOf, noPrompt, readSliceOf, segmentOf, unread } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Schemas["Prior"]} Prior @typedef {import("../common/types.js").ReadSlice} ReadSlice */
/** @typedef {import("../common/types.js").Schemas["ViewImage"]} ViewImage */
/** @typedef {import("../common/types.js").Box} Box */
/**
 * @typedef {{images: ViewImage[], read: ReadSlice[], said: string, heart: Box|null}} PriorShown
 * read: what its reading has of each image; heart: where its ventricle was outlined
 */

/** @param {Prior} prior */
export const priorTitle = ({ study_date }) => `Prior, ${day(study_date)}`;

/** @param {Prior} prior */
export function priorTold({ reading, doubts }) {
  const state = reading ? (reading.signature ? "signed" : "draft") : "not read";
  return doubts.length ? `${state}, perhaps another patient` : state;
}

/**
 * What speaks against its being the same patient's.
 * @param {Prior} prior @param {import("../common/types.js").Stack["patient"]} patient of this study
 */
export function doubtsTold({ doubts, patient: there }, patient) {
  const differs = {
    birth_date: `born ${day(there.birth_date)} there, ${day(patient.birth_date)} here`,
    name: `${personName(there.name)} there, ${personName(patient.name)} here`,
  };
  return doubts.length ? `Perhaps another patient: ${doubts.map((doubt) => differs[doubt]).join("; ")}` : "";
}

/** Its reading has images of its own, which no import changes. @param {Prior} prior @returns {Promise<PriorShown>} */
export async function fetchPrior({ reading, stack_id }) {
  if (!reading) {
    const { images } = await getImages(stack_id);
    return { images, read: images.map((image) => unread(image)), said: "Not read", heart: null };
  }
  /** @type {import("../common/types.js").Reading} */
  const { images, slices, totals, signature } = await getReading(reading.id);
  const bySlice = new Map(slices.map((slice) => [keyOf(slice), readSliceOf(slice)]));
  const who = signature ? `signed by ${readerShown(signature.reader)}` : "DRAFT, not signed";
  const [thickness, spacing] = [totals.by_slice_thickness, totals.by_slice_spacing].map(grams);
  const read = images.map((image) => bySlice.get(keyOf(image)) ?? unread(image));
  return {
    images: images.map((image) => ({ ...image, phase: 1, trigger_time_ms: null })),
    read,
    heart: heartOf(read),
    said: `Scar ${thickness} g by slice thickness, ${spacing} g by slice spacing; ${who}`,
  };
}

/** Around the ventricle, on the slice in the middle of those that have it. @param {ReadSlice[]} read @returns {Box|null} */
function heartOf(read) {
  const masks = read.flatMap((slice) => segmentOf(slice, "left_ventricle").mask ?? []);
  const middle = masks[Math.floor(masks.length / 2)];
  return middle ? (boxesAround(middle, 0)[0] ?? null) : null;
}

export class PriorOutlines {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.overlay = new Overlay(canvas);
  }

  /** @param {ReadSlice|null} slice null where no prior is shown @param {import("../image/viewport.js").Viewport} view */
  draw(slice, view) {
    this.overlay.draw(slice && { ...bare, ...outlinesOf(slice), imageToCanvas: view.imageToCanvas() });
  }
}

/** @param {ReadSlice} slice */
function outlinesOf(slice) {
  /** @type {import("../image/overlay.js").Scene["contours"]} */
  const contours = [];
  for (const structure of /** @type {const} */ (["left_ventricle", "blood_pool"])) {
    const { mask } = segmentOf(slice, structure);
    if (mask) contours.push({ structure, mask });
  }
  return {
    mask: segmentOf(slice).mask,
    noReflow: segmentOf(slice, "no_reflow").mask,
    contours,
    isExcluded: slice.state === "excluded",
  };
}

/** Nothing of what a reader draws with. */
const bare = {
  misplaced: null,
  other: null,
  contour: null,
  handles: [],
  preview: null,
  method: null,
  regions: [],
  prompt: noPrompt,
  selection: null,
  grabbed: null,
  style: { fill: false, outline: true, opacity: 1 },
  brush: null,
  crosshair: null,
  landmarks: [],
  sectors: [],
};
