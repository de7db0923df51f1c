/** How the phases of one position play. */

/** @typedef {import("../common/types.js").Schemas["ViewImage"]} ViewImage */

/** Where the header does not say when each phase was. */
const usual_per_second = 25;
const [slowest, fastest] = [1, 60];

/**
 * The images of the position that one of them shows, in the order of their phases.
 * @param {Pick<ViewImage, "phase">[]} images those of one position after each other @param {number} index
 * @returns {number[]} indexes
 */
export function loopOf(images, index) {
  let [from, to] = [index, index];
  while (from > 0 && images[from - 1].phase < images[from].phase) from--;
  while (to < images.length - 1 && images[to + 1].phase > images[to].phase) to++;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** As fast as the heart beat, by the times of the phases. @param {Pick<ViewImage, "trigger_time_ms">[]} phases in their order */
export function framesPerSecond(phases) {
  const times = phases.map(({ trigger_time_ms: time }) => time ?? Number.NaN);
  const steps = times.slice(1).map((time, at) => time - times[at]);
  if (!steps.length || !steps.every((step) => step > 0)) return usual_per_second;
  const middle = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  return Math.max(slowest, Math.min(fastest, 1000 / middle));
}

/**
 * Which of so many phases is shown after a time. A frame of the screen may have begun before the phases did: the first.
 * @param {number} elapsed_ms @param {number} perSecond @param {number} count
 */
export const frameAt = (elapsed_ms, perSecond, count) =>
  Math.floor((Math.max(0, elapsed_ms) * perSecond) / 1000 + 1e-6) % count;
