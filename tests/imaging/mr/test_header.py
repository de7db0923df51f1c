"""One object in: what is read, what is refused and why."""

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage

from scarmass.domain.errors import ObjectRefused, PixelsUndecodable
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.pixels import stored_values


@pytest.fixture
def dataset(phantom_files: list[Path]) -> pydicom.Dataset:
    return pydicom.dcmread(phantom_files[0])


def content(dataset: pydicom.Dataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def reason(dataset: pydicom.Dataset) -> str:
    with pytest.raises(ObjectRefused) as refused:
        read_object(content(dataset))
    return str(refused.value)


def test_the_header_is_read_in_its_own_words(dataset: pydicom.Dataset) -> None:
    read = read_object(content(dataset))
    header = read.slices[0]
    assert read.study.patient_id == dataset.PatientID
    assert header.sop_instance_uid == dataset.SOPInstanceUID
    assert header.position_mm == tuple(float(n) for n in dataset.ImagePositionPatient)
    assert header.pixel_spacing_mm == tuple(float(n) for n in dataset.PixelSpacing)
    assert header.slice_thickness_mm == float(dataset.SliceThickness)
    assert (header.rows, header.columns) == (dataset.Rows, dataset.Columns)


def test_an_empty_thickness_is_unknown_not_zero(dataset: pydicom.Dataset) -> None:
    dataset.SliceThickness = None
    assert read_object(content(dataset)).slices[0].slice_thickness_mm is None
    dataset.SliceThickness = "0"
    assert read_object(content(dataset)).slices[0].slice_thickness_mm is None


def test_invalid_uids_and_dates_are_opaque(dataset: pydicom.Dataset) -> None:
    dataset.StudyInstanceUID = "2.16.124.0008.099"
    dataset.StudyDate = "20120000"
    study = read_object(content(dataset)).study
    assert study.study_instance_uid == "2.16.124.0008.099"
    assert study.study_date == "20120000"


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x00" * 200, b"\x00" * 128 + b"DICM" + b"\xff" * 64])
def test_what_is_no_dicom_is_refused(junk: bytes) -> None:
    with pytest.raises(ObjectRefused):
        read_object(junk)


def test_a_truncated_object_is_refused(phantom_files: list[Path]) -> None:
    whole = phantom_files[0].read_bytes()
    for length in (100, 140, 400, 1000, len(whole) // 2, len(whole) - 2):
        with pytest.raises((ObjectRefused, PixelsUndecodable)):
            _ = read_object(whole[:length]), stored_values(whole[:length])


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("SOPClassUID", CTImageStorage, "not an MR image"),
        ("SOPClassUID", EnhancedMRImageStorage, "describes 0 of them"),
        ("PixelSpacing", None, "PixelSpacing"),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0], "ImageOrientationPatient"),
        ("ImagePositionPatient", None, "ImagePositionPatient"),
        ("SeriesInstanceUID", "", "SeriesInstanceUID"),
        ("SamplesPerPixel", 3, "colour"),
        ("NumberOfFrames", 4, "several frames"),
        ("BitsAllocated", 32, "32 bits"),
        ("PhotometricInterpretation", "PALETTE COLOR", "PALETTE COLOR"),
        ("PixelSpacing", ["1e300", "1e300"], "PixelSpacing"),
        ("RescaleSlope", "1e300", "RescaleSlope"),
        ("SOPInstanceUID", "1.2 3", "SOPInstanceUID"),
        ("SOPInstanceUID", "1.2/3", "SOPInstanceUID"),
        ("StudyInstanceUID", "..", "StudyInstanceUID"),
        ("StudyInstanceUID", "1.2.é", "StudyInstanceUID"),
        ("SeriesInstanceUID", "1" * 65, "SeriesInstanceUID"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_reason(
    dataset: pydicom.Dataset, keyword: str, value: object, said: str
) -> None:
    setattr(dataset, keyword, value)
    assert said in reason(dataset)


def test_control_characters_do_not_get_past_the_header(dataset: pydicom.Dataset) -> None:
    dataset.SeriesDescription = "SAX\x00\x1b[31mLGE"
    assert read_object(content(dataset)).slices[0].series_description == "SAX[31mLGE"


def test_every_value_of_a_list_is_printable_and_lists_are_bounded(dataset: pydicom.Dataset) -> None:
    dataset.ImageType = ["ORIGINAL", "PRI\x00MARY", *["M"] * 1000]
    image_type = read_object(content(dataset)).slices[0].image_type
    assert image_type[:2] == ("ORIGINAL", "PRIMARY")
    assert len(image_type) == 32
