/**
 * What every tool on the image does. Places are CSS pixels of the window.
 *
 * @typedef {import("../common/types.js").Place} Place
 *
 * @typedef {object} Manner how a press is meant
 * @property {boolean} [drawNew] boxes do not count: a new one is drawn over them (Shift)
 * @property {boolean} [isOpposite] marks what is not scar, or erases (Alt, Ctrl, or the other end of a pen)
 * @property {number} [reach] how many times farther than a mouse's: a finger is less exact
 *
 * @typedef {object} Tool
 * @property {(at: Place, manner: Manner) => boolean} press whether there was something to press on
 * @property {(at: Place, path: Place[]) => void} move path: where it was since the last call, as far as it is known
 * @property {(at: Place) => void} release
 * @property {() => void} cancel as if it had never pressed
 * @property {(at: Place|null, manner: Manner) => string} cursor in CSS; at: null where no pointer is over the image
 * @property {(at: Place) => Circle|null} [circle] to be drawn for it, where the pointer is at a place of the image
 *
 * @typedef {object} Circle its middle and half axes in corner-based image pixels
 * @property {number} x @property {number} y @property {number} across @property {number} down
 * @property {import("../common/types.js").Rle|null} [paints] the only pixels that it would mark
 * @typedef {Circle & {letter: string}} PlacedCircle letter: of what was placed
 */

/** A press that travels less than this many CSS pixels is a click. */
export const click_pixels = 4;
