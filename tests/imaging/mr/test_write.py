"""Written series: valid derived MR objects with exact geometry, exact or scaled pixels, and stable UIDs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import MRImageStorage

from scarmass.domain.errors import PixelsUndecodable, SlicesNotParallel
from scarmass.domain.geometry import SlicePlane
from scarmass.domain.stack import Contrast, StudyHeader
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.lge import contrast_of, lge_verdict
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.imaging.mr.write import Series, write_mr_series

ROWS, COLUMNS, SLICES = 5, 7, 4
ORIENTATION = (0.8, 0.36, -0.48, 0.0, -0.8, -0.6)
NORMAL = np.cross(ORIENTATION[:3], ORIENTATION[3:])
SERIES = Series(
    study_seed="test",
    patient_name="Müller^Änne",
    patient_id="P-7",
    patient_birth_date="19600229",
    patient_sex="F",
    study_date="20260102",
    series_description="SAX LGE",
    contrast=Contrast.MAGNITUDE,
    derivation="made up",
)


def planes(slice_thickness_mm: float | None = 8.0) -> list[SlicePlane]:
    offsets_mm = 10.0 * np.arange(SLICES)[:, None] * NORMAL + (-123.456789, 1 / 3, 7.0)
    return [
        SlicePlane(ROWS, COLUMNS, tuple(position.tolist()), ORIENTATION, (1.6, 1.25), slice_thickness_mm)
        for position in offsets_mm
    ]


def values(low: int = 0) -> np.ndarray:
    return low + np.arange(SLICES * ROWS * COLUMNS).reshape(SLICES, ROWS, COLUMNS)


def written(folder: Path, pixels: np.ndarray, series: Series = SERIES, **geometry) -> list[pydicom.FileDataset]:
    return [pydicom.dcmread(path) for path in write_mr_series(folder, pixels, planes(**geometry), series)]


def modality_values(dataset: pydicom.Dataset) -> np.ndarray:
    return dataset.pixel_array * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))


@pytest.mark.parametrize(
    ("low", "dtype"), [(0, np.uint16), (-100, np.int16), (65535 - 139, np.uint16), (-32768, np.int16)]
)
def test_whole_numbers_are_stored_as_they_are(tmp_path: Path, low: int, dtype: type) -> None:
    for source in (values(low), values(low).astype(float)):
        datasets = written(tmp_path, source)
        assert datasets[0].pixel_array.dtype == dtype
        assert "RescaleSlope" not in datasets[0]
        np.testing.assert_array_equal([d.pixel_array for d in datasets], source)


@pytest.mark.parametrize("source", [values() * 0.001 - 0.05, values() * 1e6, np.full(values().shape, 0.5)])
def test_other_numbers_are_scaled_to_16_bits(tmp_path: Path, source: np.ndarray) -> None:
    read = np.array([modality_values(d) for d in written(tmp_path, source)])
    np.testing.assert_allclose(read, source, atol=np.ptp(source) / 65535 + 1e-9)


def test_pixels_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    source = values().astype(float)
    source[1, 2, 3] = np.nan
    with pytest.raises(PixelsUndecodable):
        write_mr_series(tmp_path / "series", source, planes(), SERIES)
    assert not (tmp_path / "series").exists()


def test_geometry_survives_exactly(tmp_path: Path) -> None:
    for dataset, plane in zip(written(tmp_path, values()), planes(), strict=True):
        np.testing.assert_allclose(dataset.ImagePositionPatient, plane.position_mm, rtol=0, atol=1e-9)
        np.testing.assert_allclose(dataset.ImageOrientationPatient, ORIENTATION, rtol=0, atol=1e-12)
        assert tuple(dataset.PixelSpacing) == (1.6, 1.25)
        assert (dataset.Rows, dataset.Columns) == (ROWS, COLUMNS)
        assert dataset.SliceThickness == 8
        assert dataset.SpacingBetweenSlices == pytest.approx(10)


def test_an_unknown_thickness_is_present_and_empty(tmp_path: Path) -> None:
    dataset = written(tmp_path, values(), slice_thickness_mm=None)[0]
    assert "SliceThickness" in dataset
    assert dataset.SliceThickness is None


def test_uneven_gaps_leave_the_spacing_out(tmp_path: Path) -> None:
    uneven = [planes()[index] for index in (0, 1, 3)]
    path = write_mr_series(tmp_path, values()[:3], uneven, SERIES)[0]
    assert "SpacingBetweenSlices" not in pydicom.dcmread(path)


def test_slices_of_two_orientations_are_refused(tmp_path: Path) -> None:
    mixed = [*planes()[:3], replace(planes()[3], orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))]
    with pytest.raises(SlicesNotParallel):
        write_mr_series(tmp_path, values(), mixed, SERIES)


def test_the_object_is_a_derived_mr_image_of_its_patient(tmp_path: Path) -> None:
    for index, dataset in enumerate(written(tmp_path, values())):
        assert dataset.file_meta.MediaStorageSOPClassUID == dataset.SOPClassUID == MRImageStorage
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert list(dataset.ImageType[:2]) == ["DERIVED", "SECONDARY"]
        assert (str(dataset.PatientName), dataset.PatientID) == ("Müller^Änne", "P-7")
        assert (dataset.PatientBirthDate, dataset.PatientSex) == ("19600229", "F")
        assert (dataset.StudyDate, dataset.InstanceNumber) == ("20260102", index + 1)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = (write_mr_series(tmp_path / name, values(), planes(), SERIES) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


@pytest.mark.parametrize(
    ("changes", "same_study"),
    [({"series_description": "SAX LGE repeat"}, True), ({"patient_id": "P-8"}, False)],
)
def test_other_content_never_takes_the_same_uid(tmp_path: Path, changes: dict[str, str], same_study: bool) -> None:
    first = written(tmp_path / "a", values())
    other = written(tmp_path / "b", values(), replace(SERIES, **changes))
    uids = {d.SOPInstanceUID for d in first} | {d.SOPInstanceUID for d in other}
    assert len(uids) == 2 * SLICES
    assert first[0].SeriesInstanceUID != other[0].SeriesInstanceUID
    assert (first[0].StudyInstanceUID == other[0].StudyInstanceUID) is same_study


def test_changed_pixels_or_thickness_make_another_series(tmp_path: Path) -> None:
    series = {
        written(tmp_path, pixels, slice_thickness_mm=thickness_mm)[0].SeriesInstanceUID
        for pixels, thickness_mm in [(values(), 8.0), (values(1), 8.0), (values(), 6.0), (values(), None)]
    }
    assert len(series) == 4


@pytest.mark.parametrize("contrast", list(Contrast))
def test_our_own_reader_sees_one_lge_stack_with_its_contrast(tmp_path: Path, contrast: Contrast) -> None:
    paths = write_mr_series(tmp_path, values(-70), planes(), replace(SERIES, contrast=contrast))
    headers = [read_object(path.read_bytes()).slices[0] for path in reversed(paths)]
    assert contrast_of(headers[0]) is contrast
    assert lge_verdict(headers[0]).is_lge
    (stack,) = build_stacks(StudyHeader("1.2.3"), headers)
    assert [s.header.instance_number for s in stack.slices] == [1, 2, 3, 4]
    assert [s.slice_spacing_mm for s in stack.slices] == pytest.approx([10.0] * SLICES)
    assert stack.warnings == ()
