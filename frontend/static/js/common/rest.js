/** What follows every change, done once the changes have come to rest: a page that answers each of them is not calm. */

/**
 * @template {unknown[]} Given
 * @param {(...given: Given) => void} act @param {number} rests_after_ms since it was asked for last
 * @returns {(...given: Given) => void} ask for it
 */
export function atRest(act, rests_after_ms) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), rests_after_ms);
  };
}
