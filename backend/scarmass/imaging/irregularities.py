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
    """what: the fact. answer: the reason, the warning, or how it is read. test: file::name of one that shows it."""

    what: str
    verdict: Verdict
    answer: str
    test: str


ENCODINGS = "tests/field/test_encodings.py"
HEADERS = "tests/field/test_headers.py"
FRONT_DOOR = "tests/field/test_front_door.py"
HEADER = "tests/imaging/mr/test_header.py"
STACKS = "tests/imaging/mr/test_stacks.py"
INTAKE = "tests/services/test_intake.py"
REFUSE, WARN, ACCEPT = Verdict.REFUSE, Verdict.WARN, Verdict.ACCEPT

FILES = (
    Irregularity(
        "implicit, explicit, deflated or big-endian encoding; no preamble; no TransferSyntaxUID",
        ACCEPT,
        "read as what it is",
        f"{ENCODINGS}::test_every_plain_encoding_holds_the_same_image",
    ),
    Irregularity(
        "RLE, JPEG lossless, JPEG-LS lossless, JPEG 2000 lossless",
        ACCEPT,
        "bit-exact",
        f"{ENCODINGS}::test_every_lossless_compression_is_bit_exact",
    ),
    Irregularity(
        "compressed with loss, now or before (LossyImageCompression)",
        WARN,
        "the stack says how many of its images were",
        f"{FRONT_DOOR}::test_images_compressed_with_loss_are_taken_in_and_said",
    ),
    Irregularity(
        "compressed pixels and no TransferSyntaxUID",
        REFUSE,
        "TransferSyntaxUID is missing, and the pixel data is compressed",
        f"{ENCODINGS}::test_without_a_transfer_syntax_compressed_pixels_are_refused_by_name",
    ),
    Irregularity(
        "a file that ends too early",
        REFUSE,
        "the file is incomplete",
        f"{ENCODINGS}::test_a_cut_compressed_file_is_incomplete",
    ),
    Irregularity(
        "a compressed image that ends too early, whether or not an end was put to it",
        REFUSE,
        "the compressed image has no end; ends before its last pixel",
        f"{ENCODINGS}::test_a_compressed_image_without_its_end_is_not_believed",
    ),
    Irregularity(
        "a compressed image of another size than Rows x Columns",
        REFUSE,
        "both sizes",
        f"{ENCODINGS}::test_a_compressed_image_has_the_size_that_the_header_says",
    ),
    Irregularity(
        "pixel data that a decoder fails on, in whichever way",
        REFUSE,
        "the pixel data cannot be decoded; the files beside it are kept",
        f"{FRONT_DOOR}::test_a_damaged_file_is_refused_and_the_good_one_beside_it_kept",
    ),
    Irregularity(
        "a deflated file that inflates beyond 64 MiB",
        REFUSE,
        "inflates to more than 64 MiB",
        f"{ENCODINGS}::test_a_deflated_file_is_inflated_within_bounds",
    ),
    Irregularity(
        "no DICOM file: an archive, a photo, a PDF document",
        REFUSE,
        "what it is",
        f"{ENCODINGS}::test_what_is_no_dicom_is_refused_as_what_it_is",
    ),
    Irregularity(
        "an archive without files; an archive within an archive",
        REFUSE,
        "the archive is empty; an archive within an archive",
        f"{FRONT_DOOR}::test_an_empty_archive_and_one_within_another_are_refused_as_that",
    ),
    Irregularity("a DICOMDIR", ACCEPT, "ignored quietly", f"{FRONT_DOOR}::test_a_dicomdir_is_ignored_quietly"),
)

OBJECTS = (
    Irregularity(
        "enhanced and legacy-converted enhanced MR",
        ACCEPT,
        "each frame is a slice with its own functional groups",
        f"{HEADERS}::TestMultiFrame::test_an_enhanced_object_is_its_frames_each_with_its_own_groups",
    ),
    Irregularity(
        "frames without functional groups",
        REFUSE,
        "how many frames, and how many are described",
        f"{HEADERS}::TestMultiFrame::test_frames_that_the_object_does_not_describe_are_refused",
    ),
    Irregularity(
        "a secondary capture, or a screen save in an MR object",
        REFUSE,
        "a secondary capture is a picture of a screen, no measurement",
        f"{HEADERS}::TestNoMeasurement::test_a_screen_save_in_an_mr_object_is_no_measurement",
    ),
    Irregularity(
        "BurnedInAnnotation is YES",
        REFUSE,
        "writing within the pixels cannot be measured",
        f"{HEADERS}::TestNoMeasurement::test_an_annotation_within_the_pixels_is_no_measurement",
    ),
    Irregularity(
        "another kind of object, a colour image, pixels of 32 bits",
        REFUSE,
        "the kind, or the attribute",
        f"{HEADER}::test_what_cannot_be_measured_is_refused_by_reason",
    ),
    Irregularity(
        "a UID that is no valid UID",
        ACCEPT,
        "opaque text of up to 64 letters, digits, dots and dashes",
        f"{HEADERS}::TestIdentities::test_an_empty_uid_is_refused_and_an_invalid_one_is_opaque",
    ),
    Irregularity(
        "no StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID",
        REFUSE,
        "the attribute's name",
        f"{HEADERS}::TestIdentities::test_an_empty_uid_is_refused_and_an_invalid_one_is_opaque",
    ),
    Irregularity(
        "an empty or invalid date",
        ACCEPT,
        "shown as it is",
        f"{HEADERS}::TestIdentities::test_an_empty_or_invalid_date_stays_what_it_is",
    ),
    Irregularity(
        "an ACR-NEMA date (1999.12.31)",
        ACCEPT,
        "the date that it means",
        f"{HEADERS}::TestIdentities::test_an_acr_nema_date_is_the_date_it_means",
    ),
    Irregularity(
        "empty components of a name (Doe^Jane^^^)",
        ACCEPT,
        "left out",
        f"{HEADERS}::TestIdentities::test_the_empty_components_of_a_name_are_none",
    ),
    Irregularity(
        "names in ISO 8859, ISO 2022, UTF-8 or GB18030",
        ACCEPT,
        "read in their character set; ideographic and no-break spaces stay spaces",
        f"{HEADERS}::TestIdentities::test_a_name_is_read_in_its_character_set",
    ),
)

PIXELS = (
    Irregularity(
        "8, 12 or 16 bits, signed or unsigned",
        ACCEPT,
        "stored values as they are",
        f"{HEADERS}::TestPixels::test_pixels_of_8_and_16_bits_signed_and_unsigned_are_read",
    ),
    Irregularity(
        "an overlay in the bits above BitsStored",
        ACCEPT,
        "taken off",
        f"{HEADERS}::TestPixels::test_an_overlay_in_the_bits_above_a_value_is_no_part_of_it",
    ),
    Irregularity(
        "values beyond BitsStored",
        REFUSE,
        "BitsStored and its value",
        f"{HEADERS}::TestPixels::test_a_value_beyond_bits_stored_is_refused_by_name",
    ),
    Irregularity(
        "HighBit other than BitsStored - 1",
        REFUSE,
        "HighBit and its value",
        f"{HEADERS}::TestPixels::test_a_high_bit_elsewhere_is_refused_by_name",
    ),
    Irregularity(
        "MONOCHROME1",
        ACCEPT,
        "bright scar is bright",
        f"{HEADERS}::TestPixels::test_monochrome1_is_dark_where_it_is_high",
    ),
    Irregularity(
        "PixelPaddingValue, PixelPaddingRangeLimit",
        ACCEPT,
        "left out of normalisation",
        f"{HEADERS}::TestPixels::test_padding_moves_no_normalisation",
    ),
    Irregularity(
        "no window, or one without width",
        ACCEPT,
        "the page finds one",
        f"{HEADERS}::TestPixels::test_without_a_usable_window_there_is_none",
    ),
    Irregularity(
        "a rescale of its own in each slice",
        ACCEPT,
        "each slice by its own",
        f"{HEADERS}::TestRescale::test_each_slice_has_its_own_rescale",
    ),
    Irregularity(
        "Philips' private rescale without the public one",
        ACCEPT,
        "the private one counts",
        f"{HEADERS}::TestRescale::test_philips_own_rescale_counts_where_the_public_one_is_missing",
    ),
    Irregularity(
        "RescaleSlope or RescaleIntercept with a decimal comma, nan, or a slope of 0",
        REFUSE,
        "the attribute's name and its text",
        f"{HEADERS}::TestRescale::test_a_slope_that_is_no_number_is_refused_by_name",
    ),
)

GEOMETRY = (
    Irregularity(
        "a decimal comma in PixelSpacing, SliceThickness, position or orientation",
        REFUSE,
        "the attribute's name and its text",
        f"{HEADERS}::TestGeometry::test_a_decimal_comma_is_refused_by_the_attribute_that_has_it",
    ),
    Irregularity(
        "no SliceThickness",
        WARN,
        "mass by slice thickness cannot be given",
        f"{STACKS}::test_a_missing_thickness_is_said",
    ),
    Irregularity(
        "slices not evenly spaced",
        WARN,
        "the slices are not evenly spaced",
        f"{STACKS}::test_a_missing_slice_shows_as_uneven_spacing",
    ),
    Irregularity(
        "one series a breath-hold",
        ACCEPT,
        "one stack",
        f"{STACKS}::test_one_series_a_breath_hold_joins_into_one_stack",
    ),
)

IDENTITIES = (
    Irregularity(
        "a SOP Instance UID again: the same pixels and geometry, another encoding or a coerced attribute",
        ACCEPT,
        "already here; the stored object is kept",
        f"{FRONT_DOOR}::test_the_same_image_in_another_encoding_is_already_here",
    ),
    Irregularity(
        "a SOP Instance UID again with other pixels or geometry, or in another study",
        REFUSE,
        "the study that holds it",
        f"{FRONT_DOOR}::test_another_image_of_the_same_uid_is_refused_and_the_study_that_holds_it_named",
    ),
    Irregularity(
        "one study, one PatientID, two names",
        WARN,
        "every stack of the study names both",
        f"{FRONT_DOOR}::test_two_names_under_one_patient_id_are_a_warning_on_both_stacks",
    ),
    Irregularity(
        "one study, two PatientIDs or birth dates",
        REFUSE,
        "its patient differs from that of its study",
        f"{INTAKE}::test_another_patient_in_the_same_study_is_refused",
    ),
)

TABLE = {
    "Files and encodings": FILES,
    "Objects and patients": OBJECTS,
    "Pixels": PIXELS,
    "Geometry": GEOMETRY,
    "What is here already": IDENTITIES,
}

INTRODUCTION = """# DICOM as it comes

ScarMass takes in MR Image Storage, Enhanced MR Image Storage and Legacy Converted Enhanced MR Image Storage. A file
that cannot be used is refused by name with a reason, and the good files beside it are kept. What is unusual and usable
is accepted, with a warning on the stack where it bears on the measurement. Numbers that grams rest on are never
guessed.

This page is written by `python -m scarmass.imaging.irregularities > docs/dicom.md`; a test compares the two."""


def page() -> str:
    """The table as Markdown."""
    lines = [INTRODUCTION]
    for heading, rows in TABLE.items():
        lines += ["", f"## {heading}", "", "| what | | answer | shown by |", "|---|---|---|---|"]
        lines += [f"| {row.what} | {row.verdict} | {row.answer} | `{row.test.rsplit('::')[-1]}` |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
