/**
 * The types that the modules share, as JSDoc alone. Those of the REST contract are generated from the OpenAPI document.
 * Boxes and points are corner-based image pixels: the centre of the first pixel is (0.5, 0.5).
 *
 * @typedef {import("../../../openapi").components["schemas"]} Schemas
 * @typedef {Schemas["Box"]} Box
 * @typedef {Schemas["Point"]} Point
 * @typedef {Schemas["Rle"]} Rle column-major run lengths, the first counts unset pixels
 * @typedef {Schemas["Mass"]} Mass
 * @typedef {Schemas["Quantity"]} Quantity
 * @typedef {Schemas["Slice"]} Slice one image, as its header describes it
 * @typedef {Schemas["Stack"]} Stack
 * @typedef {Schemas["Study"]} Study
 * @typedef {Schemas["StackSummary"]} StackSummary
 * @typedef {Schemas["Growth"]} Growth images that came into the study since, and how many new slices they make
 * @typedef {Schemas["Reading"]} Reading
 * @typedef {Omit<Reading, "id"|"stack_id"|"density_g_per_ml"|"model"|"images"> & {images: Slice[]|null}} ReadingChange of an event
 * @typedef {Schemas["EditAnswer"]} EditAnswer
 * @typedef {Schemas["PastEdit"]} PastEdit
 * @typedef {Schemas["SliceState"]} SliceState
 * @typedef {Schemas["Structure"]} Structure
 *
 * @typedef {{sop_instance_uid: string, frame_number: number}} SliceKey
 * @typedef {Schemas["Insertions"]} Landmarks where the right ventricle meets the left one
 * @typedef {{layer: Schemas["Layer"]|null, ischaemic: boolean|null}} Pattern of the enhancement
 * @typedef {Schemas["PlaceOnSlice"]} PlaceOnSlice in corner-based image pixels
 * @typedef {Schemas["Segment17"]} Segment17
 * @typedef {{x: number, y: number}} Place in image pixels or in CSS pixels of the window, as each use says
 * @typedef {{boxes: Box[], points: Point[]}} Prompt
 * @typedef {{kind: "box"|"point", index: number}|null} Selection of a part of the prompt
 *
 * @typedef {object} Segment what a reading holds of one structure on one slice
 * @property {Rle|null} mask null until a model has answered the prompt
 * @property {Box[]} boxes
 * @property {Point[]} points
 * @property {number|null} score the model's, null where a reader made the mask
 * @property {number|null} area_mm2
 * @property {Mass|null} mass
 * @property {Schemas["Origin"]} [origin] not known before the server has answered
 * @property {string|null} [method_label] of the method that made the mask, in words
 * @property {string[]} [warnings] of where the mask lies, likewise
 * @property {Rle|null} [misplaced] the parts of it that they speak of
 *
 * @typedef {object} ReadSlice one slice of a reading, as the page holds it
 * @property {string} sop_instance_uid
 * @property {number} frame_number
 * @property {number} revision of the edit that made it what it is, 0 where no edit did
 * @property {SliceState} state
 * @property {SliceState|null} state_before of an excluded slice
 * @property {Partial<Record<Structure, Segment>>} segments
 *
 * @typedef {object} TakenOver a segmentation of others, and what is taken of it
 * @property {string} sop_instance_uid
 * @property {string} label
 * @property {string} creator
 * @property {Schemas["SegmentMeaning"][]} segments what each of those that are taken becomes
 *
 * @typedef {object} Edit one step of a reading, as what it changes
 * @property {Schemas["EditKind"]} kind
 * @property {Structure} [structure] of prompt, paint and clear; scar where it is not said
 * @property {string} [sop_instance_uid] none where the edit is of the whole reading
 * @property {number} [frame_number]
 * @property {SliceKey[]} [slices] that are accepted, left out or taken in in one step, or that a contour is taken over to
 * @property {[number, number][]} [contour] a closed curve in corner-based image pixels
 * @property {[Box|null, Box|null][]} [boxes] what was there and what is there instead
 * @property {[Point|null, Point|null][]} [points] likewise
 * @property {SliceKey} [image] of exchange, which comes in the slice's place
 * @property {Place} [point] of remove_part, in corner-based image pixels
 * @property {number} [sensitivity] what it is set to; without it, it is kept, or fitted where it follows
 * @property {boolean} [follows] of sensitivity
 * @property {boolean} [confines_scar] of wall
 * @property {boolean} [papillary_muscles] likewise
 * @property {Schemas["Method"]} [method] of threshold
 * @property {Schemas["PlacedRegion"][]} [regions] that were placed for it
 * @property {Landmarks} [landmarks] of landmark: all that are marked from now on
 * @property {Schemas["Levels"]} [levels] likewise, where borders of levels were moved
 * @property {Pattern} [pattern] of pattern: what the reader states from now on; without a layer, nothing
 * @property {TakenOver} [segmentation] of import
 * @property {Rle} [added] pixels that were painted
 * @property {Rle} [removed] pixels that were erased
 *
 * @typedef {object} Step an edit on its way to the server
 * @property {Edit} edit
 * @property {string} reader who did it
 * @property {object|null} body as it was sent; sent again after a lost answer, it must be the same to the letter
 * @property {boolean} [isQuiet] is nothing to be said of it? It takes back what was not meant
 * @property {boolean} [isTakenBack] is it on its way, and its undo behind it? It is shown no more
 * @property {string|null} [refusal] why it was set aside; null where it collides with what was done elsewhere
 * @property {number} version of what it was made on: the slice's, or the whole reading's for edits of all slices
 */
export {};
