"""What DICOM objects hold that the standard or a reader would not expect, and what becomes of each: the one table.

`python -m scarmass.imaging.irregularities > docs/dicom.md` writes the page that administrators read.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    REFUSE = "refuse"
    WARN = "warn"
    ACCEPT = "accept"


@dataclass(frozen=True)
class Irregularity:
    """what: the fact. answer: the reason, the warning, or how it is read. file, test: where it is shown."""

    what: str
    verdict: Verdict
    answer: str
    file: str
    test: str


ENCODINGS = "tests/field/test_encodings.py"
HEADERS = "tests/field/test_headers.py"
FRONT_DOOR = "tests/field/test_front_door.py"
ARCHIVE = "tests/imaging/test_archive.py"
EXAMINER = "tests/imaging/test_examiner.py"
HEADER = "tests/imaging/mr/test_header.py"
STACKS = "tests/imaging/mr/test_stacks.py"
INTAKE = "tests/services/test_intake.py"
DEIDENTIFIED = "tests/field/test_deidentified_on_the_way_in.py"
EXCHANGED = "tests/field/test_exchanged_images.py"
SEGMENTATIONS = "tests/imaging/test_segmentations.py"
BESIDE = "tests/api/test_segmentations.py"


def refused(what: str, answer: str, file: str, test: str) -> Irregularity:
    return Irregularity(what, Verdict.REFUSE, answer, file, test)


def warned(what: str, answer: str, file: str, test: str) -> Irregularity:
    return Irregularity(what, Verdict.WARN, answer, file, test)


def accepted(what: str, answer: str, file: str, test: str) -> Irregularity:
    return Irregularity(what, Verdict.ACCEPT, answer, file, test)


# fmt: off
TABLE = {
    "Files and encodings": (
        accepted("implicit, explicit, deflated or big-endian encoding; no preamble; no TransferSyntaxUID",
                 "read as what it is", ENCODINGS, "test_every_plain_encoding_holds_the_same_image"),
        accepted("RLE, JPEG lossless, JPEG-LS lossless, JPEG 2000 lossless",
                 "bit-exact", ENCODINGS, "test_every_lossless_compression_is_bit_exact"),
        warned("compressed with loss, now or before (LossyImageCompression)",
               "the stack says how many of its images were",
               FRONT_DOOR, "test_images_compressed_with_loss_are_taken_in_and_said"),
        refused("compressed pixels and no TransferSyntaxUID",
                "TransferSyntaxUID is missing, and the pixel data is compressed",
                ENCODINGS, "test_without_a_transfer_syntax_compressed_pixels_are_refused_by_name"),
        refused("a transfer syntax that the standard does not have",
                "TransferSyntaxUID and its value",
                ENCODINGS, "test_a_transfer_syntax_that_nobody_knows_is_refused_by_name"),
        refused("a file that ends too early",
                "the file is incomplete", ENCODINGS, "test_a_cut_compressed_file_is_incomplete"),
        refused("a compressed image that ends too early, whether or not an end was put to it",
                "the compressed image has no end; ends before its last pixel",
                ENCODINGS, "test_a_compressed_image_without_its_end_is_not_believed"),
        refused("a compressed image of another size than Rows x Columns",
                "both sizes", ENCODINGS, "test_a_compressed_image_has_the_size_that_the_header_says"),
        refused("pixel data that a decoder fails on, in whichever way",
                "the pixel data cannot be decoded; the files beside it are kept",
                FRONT_DOOR, "test_a_damaged_file_is_refused_and_the_good_one_beside_it_kept"),
        refused("a deflated file that inflates beyond 64 MiB",
                "inflates to more than 64 MiB", ENCODINGS, "test_a_deflated_file_is_inflated_within_bounds"),
        refused("no DICOM file: an archive, a photo, a PDF document",
                "what it is", ENCODINGS, "test_what_is_no_dicom_is_refused_as_what_it_is"),
        refused("an archive without files; an archive within an archive",
                "the archive is empty; an archive within an archive",
                FRONT_DOOR, "test_an_empty_archive_and_one_within_another_are_refused_as_that"),
        accepted("a DICOMDIR",
                 "ignored quietly", FRONT_DOOR, "test_a_dicomdir_is_ignored_quietly"),
    ),
    "Bytes that mean harm, or might": (
        refused("a file larger than 128 MiB, in an archive or not",
                "the bound", ARCHIVE, "test_an_archive_that_unpacks_beyond_the_bound_is_cut_off"),
        refused("an archive of more than 50,000 files or 8 GiB",
                "the bound; of one that unpacks to too much the files before are kept",
                ARCHIVE, "test_more_entries_than_the_bound_are_refused_at_once"),
        refused("an archive entry compressed in another way than by deflate",
                "the archive entry is not compressed by deflate",
                ARCHIVE, "test_a_compression_that_cannot_be_unpacked_within_bounds_is_refused"),
        refused("an attribute larger than 4 MiB, the pixel data aside",
                "the attribute's name and its bytes",
                EXAMINER, "test_an_attribute_that_is_too_large_is_refused_by_name"),
        refused("an image of more than 16,777,216 pixels",
                "its size, before it is decoded",
                EXAMINER, "test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded"),
        refused("an object of more than 2,000 frames, or 67,108,864 pixels in all of them",
                "how many, before they are decoded",
                HEADERS, "test_an_object_of_too_many_frames_or_pixels_is_refused"),
        refused("a file that takes more than 4 s, or 384 MiB of memory, to read",
                "the bound; the next file is read",
                EXAMINER, "test_a_file_that_takes_too_long_is_refused_and_the_next_one_read"),
        refused("a file that ends the program that reads it",
                "the file ends the program that reads it; the next file is read",
                EXAMINER, "test_a_file_that_ends_its_reader_is_refused"),
    ),
    "Objects and patients": (
        accepted("enhanced and legacy-converted enhanced MR",
                 "each frame is a slice with its own functional groups",
                 HEADERS, "test_an_enhanced_object_is_its_frames_each_with_its_own_groups"),
        refused("frames without functional groups",
                "how many frames, and how many are described",
                HEADERS, "test_frames_that_the_object_does_not_describe_are_refused"),
        refused("a secondary capture, or a screen save in an MR object",
                "a secondary capture is a picture of a screen, no measurement",
                HEADERS, "test_a_screen_save_in_an_mr_object_is_no_measurement"),
        refused("BurnedInAnnotation is YES",
                "writing within the pixels cannot be measured",
                HEADERS, "test_an_annotation_within_the_pixels_is_no_measurement"),
        warned("a derived image that does not say BurnedInAnnotation NO, where de-identification is on",
               "the stack says how many of its images may have a name written in them",
               DEIDENTIFIED, "test_derived_images_are_warned_of_and_burned_in_names_refused"),
        refused("another kind of object, a colour image, pixels of 32 bits",
                "the kind, or the attribute", HEADER, "test_what_cannot_be_measured_is_refused_by_reason"),
        accepted("a UID that is no valid UID",
                 "opaque text of up to 64 letters, digits, dots and dashes",
                 HEADERS, "test_an_empty_uid_is_refused_and_an_invalid_one_is_opaque"),
        refused("no StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID",
                "the attribute's name",
                HEADERS, "test_an_empty_uid_is_refused_and_an_invalid_one_is_opaque"),
        accepted("an empty or invalid date",
                 "shown as it is", HEADERS, "test_an_empty_or_invalid_date_stays_what_it_is"),
        accepted("an ACR-NEMA date (1999.12.31)",
                 "the date that it means", HEADERS, "test_an_acr_nema_date_is_the_date_it_means"),
        accepted("empty components of a name (Doe^Jane^^^)",
                 "left out", HEADERS, "test_the_empty_components_of_a_name_are_none"),
        accepted("names in ISO 8859, ISO 2022, UTF-8 or GB18030",
                 "read in their character set; ideographic and no-break spaces stay spaces",
                 HEADERS, "test_a_name_is_read_in_its_character_set"),
    ),
    "Pixels": (
        accepted("8, 12 or 16 bits, signed or unsigned",
                 "stored values as they are",
                 HEADERS, "test_pixels_of_8_and_16_bits_signed_and_unsigned_are_read"),
        accepted("an overlay in the bits above BitsStored",
                 "taken off", HEADERS, "test_an_overlay_in_the_bits_above_a_value_is_no_part_of_it"),
        refused("values beyond BitsStored",
                "BitsStored and its value", HEADERS, "test_a_value_beyond_bits_stored_is_refused_by_name"),
        refused("HighBit other than BitsStored - 1",
                "HighBit and its value", HEADERS, "test_a_high_bit_elsewhere_is_refused_by_name"),
        accepted("MONOCHROME1",
                 "bright scar is bright", HEADERS, "test_monochrome1_is_dark_where_it_is_high"),
        accepted("PixelPaddingValue, PixelPaddingRangeLimit",
                 "left out of normalisation", HEADERS, "test_padding_moves_no_normalisation"),
        accepted("no window, or one without width",
                 "the page finds one", HEADERS, "test_without_a_usable_window_there_is_none"),
        accepted("a rescale of its own in each slice",
                 "each slice by its own", HEADERS, "test_each_slice_has_its_own_rescale"),
        accepted("Philips' private rescale without the public one",
                 "the private one counts",
                 HEADERS, "test_philips_own_rescale_counts_where_the_public_one_is_missing"),
        refused("RescaleSlope or RescaleIntercept with a decimal comma, nan, or a slope of 0",
                "the attribute's name and its text",
                HEADERS, "test_a_slope_that_is_no_number_is_refused_by_name"),
    ),
    "Geometry": (
        refused("a decimal comma in PixelSpacing, SliceThickness, position or orientation",
                "the attribute's name and its text",
                HEADERS, "test_a_decimal_comma_is_refused_by_the_attribute_that_has_it"),
        warned("no SliceThickness",
               "mass by slice thickness cannot be given", STACKS, "test_a_missing_thickness_is_said"),
        warned("slices not evenly spaced",
               "the slices are not evenly spaced", STACKS, "test_a_missing_slice_shows_as_uneven_spacing"),
        warned("a position that was imaged again in one acquisition",
               "the later image is used, and the reader can have the other",
               EXCHANGED, "test_the_stack_names_both_images_with_their_times_and_has_the_later_one"),
        accepted("one series a breath-hold",
                 "one stack", STACKS, "test_one_series_a_breath_hold_joins_into_one_stack"),
    ),
    "What is here already": (
        accepted("a SOP Instance UID again: the same pixels and geometry, another encoding or a coerced attribute",
                 "already here; the stored object is kept",
                 FRONT_DOOR, "test_the_same_image_in_another_encoding_is_already_here"),
        refused("a SOP Instance UID again with other pixels or geometry, or in another study",
                "the study that holds it",
                FRONT_DOOR, "test_another_image_of_the_same_uid_is_refused_and_the_study_that_holds_it_named"),
        warned("one study, one PatientID, two names",
               "every stack of the study names both",
               FRONT_DOOR, "test_two_names_under_one_patient_id_are_a_warning_on_both_stacks"),
        refused("one study, two PatientIDs or birth dates",
                "its patient differs from that of its study",
                INTAKE, "test_another_patient_in_the_same_study_is_refused"),
    ),
    "Segmentations of others": (
        accepted("SEG, binary, fractional or label map; RTSTRUCT",
                 "kept beside their study, and taken over into a reading when a reader says so",
                 BESIDE, "test_the_masks_of_a_segmentation_become_a_reading_bit_for_bit"),
        accepted("a segmentation that comes before its images",
                 "it waits for them",
                 BESIDE, "test_a_segmentation_that_comes_before_its_images_waits_for_them"),
        refused("a segmentation of another patient than its study",
                "its patient differs from that of its study; one that waited for its images is listed as unusable",
                BESIDE, "test_a_segmentation_of_another_patient_is_refused_and_one_that_waited_is_listed_as_unusable"),
        refused("a SOP Instance UID again with other segments, places or masks",
                "already stored with other content",
                BESIDE, "test_the_same_object_twice_changes_nothing_and_another_of_its_uid_is_refused"),
        refused("a 65th segmentation of a study",
                "how many the study has already",
                BESIDE, "test_a_study_keeps_so_many_segmentations_and_no_more"),
        refused("more than 256 segments, 20,000 frames or 67,108,864 pixels; more than 200,000 points of contours",
                "how many, before they are decoded",
                SEGMENTATIONS, "test_what_is_too_large_is_refused_by_how_much_it_is"),
        refused("a segmentation where de-identification is on",
                "segmentations are not de-identified",
                DEIDENTIFIED, "test_a_segmentation_is_refused_as_its_texts_may_name_the_patient"),
        refused("frames that are damaged, that nobody described, or of no segment",
                "what is wrong, and with which frame",
                SEGMENTATIONS, "test_what_cannot_be_read_is_refused_by_name"),
        accepted("frames in any order, and flipped, turned or shifted with a geometry that says so",
                 "read by where each pixel lies; a flip is said",
                 SEGMENTATIONS, "test_any_order_of_frames_and_any_flip_with_its_geometry_is_read_to_the_same_masks"),
        warned("frames that name another slice than the one that they lie on",
               "taken by where they lie; how many",
               SEGMENTATIONS, "test_wrong_references_do_not_move_a_frame_and_are_said"),
        warned("frames or contours on no slice (0.5 mm), of another orientation, or of another frame of reference",
               "left out; how many, and how far the nearest is",
               SEGMENTATIONS, "test_frames_between_slices_are_left_out_and_counted_with_their_distance"),
        warned("frames that do not say where they lie",
               "taken by the slice that they name, if they are of its size; else left out and counted",
               SEGMENTATIONS, "test_frames_without_a_place_are_taken_by_the_slice_that_they_name"),
        warned("pixels of another size than the slice's",
               "each pixel of the slice has the nearest one; how many frames",
               SEGMENTATIONS, "test_a_finer_grid_gives_each_pixel_the_nearest_one_and_is_said"),
        warned("a segment without a frame, or that shows nothing on the stack",
               "the segment's name",
               SEGMENTATIONS, "test_a_lost_and_an_empty_segment_are_said"),
        warned("a fractional segmentation",
               "half or more counts as drawn",
               SEGMENTATIONS, "test_a_fraction_of_a_half_counts_as_drawn_and_that_is_said"),
        warned("contours that are open, or points",
               "left out and counted",
               SEGMENTATIONS, "test_contours_that_lie_on_no_slice_or_are_open_are_counted"),
    ),
}
# fmt: on

INTRODUCTION = """# DICOM as it comes

ScarMass takes in MR Image Storage, Enhanced MR Image Storage and Legacy Converted Enhanced MR Image Storage, and keeps
Segmentation, Label Map Segmentation and RT Structure Set Storage beside their study. A file that cannot be used is
refused by name with a reason, and the good files beside it are kept. What is unusual and usable is accepted, with a
warning on the stack where it bears on the measurement; those of a segmentation are shown before it is taken over, and
stay in the reading's history ([0026](decisions/0026-segmentations-of-others.md)). Numbers that grams rest on are never
guessed. What becomes of it in the objects that leave is told in [exports](exports.md#dicom-objects) and
[0025](decisions/0025-what-a-reading-leaves-as.md).

This page is written by `python -m scarmass.imaging.irregularities > docs/dicom.md`; a test compares the two."""


def page() -> str:
    """The table as Markdown."""
    lines = [INTRODUCTION]
    for heading, rows in TABLE.items():
        lines += ["", f"## {heading}", "", "| what | | answer | shown by |", "|---|---|---|---|"]
        lines += [f"| {row.what} | {row.verdict} | {row.answer} | `{row.test}` |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
