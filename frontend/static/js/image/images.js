/** The slices' pixels for cornerstone3D: our own image loader, fed by their JSON and raw frames. */

import { imageLoader, metaData } from "../../vendor/cornerstone.js";
import { getPixels } from "../common/api.js";
import { keyOf } from "../reading/segments.js";

/** @typedef {import("../common/types.js").Slice} Slice */

const scheme = "scarmass";
const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const drawable = new Set(["uint8", "uint16", "int16", "float32"]);
/** @type {Map<string, {slice: Slice, unit: Unit}>} */
const known = new Map();

/**
 * What a drawn value means: rescaled = drawn x slope + intercept. Stored values are drawn as they are where all
 * slices share one rescale; where it differs, rescaled values are drawn, so that one window suits all slices.
 * @typedef {{slope: number, intercept: number, asStored: boolean}} Unit
 */

/** @param {Slice[]} slices @returns {Unit} */
function unitOf([first, ...rest]) {
  const uniform = rest.every(
    (slice) =>
      slice.rescale_slope === first.rescale_slope &&
      slice.rescale_intercept === first.rescale_intercept &&
      slice.dtype === first.dtype,
  );
  return uniform && drawable.has(first.dtype) && first.rescale_slope > 0
    ? { slope: first.rescale_slope, intercept: first.rescale_intercept, asStored: true }
    : { slope: 1, intercept: 0, asStored: false };
}

/** @param {Slice} slice @param {Unit} unit */
function drawnValues(slice, unit, buffer) {
  const Values = arrays[slice.dtype];
  const expected = slice.rows * slice.columns;
  if (!Values || buffer.byteLength !== expected * Values.BYTES_PER_ELEMENT)
    throw new Error(`Slice ${slice.index + 1} came with ${buffer.byteLength} bytes; its header promises other pixels.`);
  const stored = new Values(buffer);
  if (unit.asStored) return stored;
  return Float32Array.from(stored, (value) => value * slice.rescale_slope + slice.rescale_intercept);
}

function imageOf(imageId, slice, values) {
  let minPixelValue = Infinity;
  let maxPixelValue = -Infinity;
  for (const value of values) {
    if (value < minPixelValue) minPixelValue = value;
    if (value > maxPixelValue) maxPixelValue = value;
  }
  const [rowPixelSpacing, columnPixelSpacing] = slice.pixel_spacing_mm;
  const { rows, columns } = slice;
  return {
    imageId,
    rows,
    columns,
    height: rows,
    width: columns,
    rowPixelSpacing,
    columnPixelSpacing,
    minPixelValue,
    maxPixelValue,
    slope: 1,
    intercept: 0,
    windowCenter: (minPixelValue + maxPixelValue) / 2,
    windowWidth: Math.max(1, maxPixelValue - minPixelValue),
    voiLUTFunction: "LINEAR",
    color: false,
    rgba: false,
    invert: false,
    numberOfComponents: 1,
    dataType: values.constructor.name,
    sizeInBytes: values.byteLength,
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: 1, rescaleIntercept: 0 } },
    isPreScaled: true,
    imageFrame: {},
    getPixelData: () => values,
  };
}

/** @type {Map<string, Promise<ReturnType<typeof imageOf>>>} */
const fetched = new Map();

/** @param {string} imageId fetched once and kept; a failed fetch may be tried again */
function fetchOnce(imageId) {
  const { slice, unit } = /** @type {{slice: Slice, unit: Unit}} */ (known.get(imageId));
  const waiting =
    fetched.get(imageId) ??
    getPixels(slice).then((buffer) => imageOf(imageId, slice, drawnValues(slice, unit, buffer)));
  fetched.set(imageId, waiting);
  waiting.catch(() => fetched.delete(imageId));
  return waiting;
}

/** The slice lies flat at the origin: rows run down and columns right, however the patient lay. */
function describe(type, imageId) {
  const entry = known.get(imageId);
  if (!entry) return undefined;
  const {
    rows,
    columns,
    pixel_spacing_mm: [rowPixelSpacing, columnPixelSpacing],
  } = entry.slice;
  if (type === "imagePlaneModule")
    return {
      rows,
      columns,
      rowPixelSpacing,
      columnPixelSpacing,
      frameOfReferenceUID: scheme,
      imagePositionPatient: [0, 0, 0],
      imageOrientationPatient: [1, 0, 0, 0, 1, 0],
      rowCosines: [1, 0, 0],
      columnCosines: [0, 1, 0],
    };
  if (type === "imagePixelModule")
    return {
      bitsAllocated: 16,
      bitsStored: 16,
      highBit: 15,
      samplesPerPixel: 1,
      pixelRepresentation: 1,
      photometricInterpretation: "MONOCHROME2",
    };
  return type === "generalSeriesModule" ? { modality: "MR" } : undefined;
}

let provided = false;

/** @param {Slice[]} slices @returns {{imageIds: string[], unit: Unit}} one image id per slice, in order */
export function provideImages(slices) {
  if (!provided) {
    imageLoader.registerImageLoader(scheme, /** @type {any} */ ((imageId) => ({ promise: fetchOnce(imageId) })));
    metaData.addProvider(describe);
    provided = true;
  }
  const unit = unitOf(slices);
  const imageIds = slices.map((slice) => {
    const imageId = `${scheme}:${unit.asStored ? "stored" : "rescaled"}/${keyOf(slice)}`;
    known.set(imageId, { slice, unit });
    return imageId;
  });
  return { imageIds, unit };
}

/** The image of an id. Cornerstone is asked for what is here: it leaves the failure of a load unhandled. @param {string} imageId */
export async function imageFor(imageId) {
  await fetchOnce(imageId);
  return imageLoader.loadAndCacheImage(imageId);
}

/** Fetch all frames ahead of the reader, from the looked-at slice outwards, three at a time. */
export async function prefetch(imageIds, from) {
  const order = imageIds.map((_, index) => index).sort((a, b) => Math.abs(a - from) - Math.abs(b - from));
  const next = async () => {
    for (let index = order.shift(); index !== undefined; index = order.shift())
      await imageFor(imageIds[index]).catch(() => null);
  };
  await Promise.all([next(), next(), next()]);
}
