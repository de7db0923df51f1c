/**
 * The shapes that travel between the page and the server, as JSDoc types only.
 * Boxes and points are corner-based image pixels: the centre of the first pixel is (0.5, 0.5).
 *
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Box
 * @typedef {{x: number, y: number, positive: boolean}} Point
 * @typedef {{boxes: Box[], points: Point[]}} Prompt
 * @typedef {{size: [number, number], counts: number[]}} Rle column-major run lengths, the first counts unset pixels
 * @typedef {{volume_ml: number, mass_g: number}} Quantity
 * @typedef {{by_slice_thickness: Quantity|null, by_slice_spacing: Quantity|null}} Mass
 * @typedef {"pending"|"proposed"|"accepted"|"edited"|"no_scar"|"excluded"|"failed"} SliceState
 *
 * @typedef {{name: string, id: string, birth_date: string, sex: string}} Patient
 *
 * @typedef {object} StackSlice one image of the stack, as the header describes it
 * @property {string} sop_instance_uid
 * @property {number} frame_number
 * @property {number} index
 * @property {number} rows
 * @property {number} columns
 * @property {string} dtype
 * @property {"MONOCHROME1"|"MONOCHROME2"} photometric_interpretation
 * @property {number} rescale_slope
 * @property {number} rescale_intercept
 * @property {number|null} window_center in rescaled values
 * @property {number|null} window_width
 * @property {[number, number]} pixel_spacing_mm between rows, between columns
 * @property {number|null} slice_thickness_mm
 * @property {number|null} slice_spacing_mm
 * @property {number[]} orientation directions of rows and columns
 *
 * @typedef {object} Stack
 * @property {string} stack_id
 * @property {Patient} patient
 * @property {string} study_date
 * @property {string} study_description
 * @property {string} description
 * @property {"magnitude"|"psir"} contrast
 * @property {boolean} is_lge
 * @property {string} is_lge_because
 * @property {string[]} warnings
 * @property {StackSlice[]} slices
 *
 * @typedef {object} ReadSlice one slice of a reading
 * @property {string} sop_instance_uid
 * @property {number} frame_number
 * @property {number} index
 * @property {number} revision of the edit that made it what it is, 0 where no edit did
 * @property {SliceState} state
 * @property {SliceState|null} state_before of an excluded slice
 * @property {Box[]} boxes
 * @property {Point[]} points
 * @property {Rle|null} mask
 * @property {number|null} score the model's, null where a reader made the mask
 * @property {number|null} area_mm2
 * @property {Mass|null} mass
 *
 * @typedef {object} Reading
 * @property {string} id
 * @property {"preparing"|"draft"|"failed"} state
 * @property {number} revision
 * @property {ReadSlice[]} slices
 * @property {Mass} totals
 * @property {"slice_thickness"|"slice_spacing"} mass_extent
 * @property {number|null} mass_g
 * @property {number} reviewed
 * @property {number} of
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 * @property {number} prepared
 * @property {number} density_g_per_ml
 * @property {Object<string, {name: string, sha256: string}>} model
 *
 * @typedef {object} Edit one step of a reading, as what it changes
 * @property {"prompt"|"paint"|"clear"|"propose"|"no_scar"|"accept"|"exclude"|"include"|"undo"|"redo"} kind
 * @property {string} [sop_instance_uid]
 * @property {number} [frame_number]
 * @property {[Box|null, Box|null][]} [boxes] what was there and what is there instead
 * @property {[Point|null, Point|null][]} [points] likewise
 * @property {Rle} [added] pixels that were painted
 * @property {Rle} [removed] pixels that were erased
 */
export {};
