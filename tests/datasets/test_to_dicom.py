"""NIfTI to DICOM and back: the same values at the same places in the patient, or a named refusal."""

import os
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from scipy.spatial.transform import Rotation

from scarmass.datasets.to_dicom import nifti_masks, nifti_to_dicom
from scarmass.domain.errors import GeometryInvalid, ObjectRefused, PixelsUndecodable
from scarmass.domain.structures import Structure
from scarmass.imaging.nifti import read_nifti

SHAPE = (6, 5, 4)
SPACING_MM = np.array([1.25, 1.5, 10.0])
VALUES = np.arange(120, dtype=np.int16).reshape(SHAPE)
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def affine_of(rotation: np.ndarray, flips: tuple[int, int, int] = (1, 1, 1)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = rotation * SPACING_MM * flips
    affine[:3, 3] = (12.5, -30.25, 7.0)
    return affine


STRAIGHT = affine_of(np.eye(3))
OBLIQUE = affine_of(Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix())


def saved(folder: Path, values: np.ndarray, affine: np.ndarray, name: str = "lge.nii.gz") -> Path:
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, folder / name)
    return folder / name


def converted(nifti: Path, folder: Path, slice_thickness_mm: float | None = None) -> list[pydicom.FileDataset]:
    paths, _ = nifti_to_dicom(nifti, folder, slice_thickness_mm=slice_thickness_mm, patient_name="A^B", patient_id="1")
    return [pydicom.dcmread(path) for path in paths]


def position_lps_mm(dataset: pydicom.FileDataset, row: int, column: int) -> np.ndarray:
    """Where a pixel's centre lies, by PS3.3 equation C.7.6.2.1-1."""
    orientation = np.array(dataset.ImageOrientationPatient, dtype=float)
    row_spacing_mm, column_spacing_mm = (float(spacing) for spacing in dataset.PixelSpacing)
    along_row, along_column = orientation[:3] * column_spacing_mm, orientation[3:] * row_spacing_mm
    return np.array(dataset.ImagePositionPatient, dtype=float) + column * along_row + row * along_column


@pytest.mark.parametrize(
    "affine",
    [
        STRAIGHT,
        OBLIQUE,
        affine_of(np.eye(3), (-1, -1, 1)),
        affine_of(np.eye(3), (1, -1, -1)),
        affine_of(np.eye(3), (-1, 1, 1)),
        affine_of(np.eye(3)[:, [1, 0, 2]]),
        affine_of(np.eye(3)[:, [0, 2, 1]]),
        affine_of(OBLIQUE[:3, :3] / SPACING_MM, (1, 1, -1)),
    ],
)
def test_every_voxel_keeps_its_value_and_its_place(tmp_path: Path, affine: np.ndarray) -> None:
    seen = {}
    for dataset in converted(saved(tmp_path, VALUES, affine), tmp_path / "dicom"):
        for (row, column), value in np.ndenumerate(dataset.pixel_array):
            seen[int(value)] = position_lps_mm(dataset, row, column)
    assert len(seen) == VALUES.size
    for index, value in np.ndenumerate(VALUES):
        expected = (RAS_TO_LPS @ affine @ (*index, 1))[:3]
        np.testing.assert_allclose(seen[int(value)], expected, atol=1e-4)


@pytest.mark.parametrize("flip", [1, -1])
def test_slices_and_masks_are_ordered_along_the_normal(tmp_path: Path, flip: int) -> None:
    affine = affine_of(np.eye(3), (1, 1, flip))
    labels = np.zeros(SHAPE, np.uint8)
    for slice_index in range(SHAPE[2]):
        labels[: slice_index + 1, 2, slice_index] = 3
    datasets = converted(saved(tmp_path, labels, affine), tmp_path / "dicom")
    orientation = np.array(datasets[0].ImageOrientationPatient, dtype=float)
    normal = np.cross(orientation[:3], orientation[3:])
    along_mm = [float(np.dot(d.ImagePositionPatient, normal)) for d in datasets]
    np.testing.assert_allclose(np.diff(along_mm), 10)
    masks = nifti_masks(saved(tmp_path, labels, affine, "labels.nii.gz"))
    np.testing.assert_array_equal(masks[Structure.SCAR], [d.pixel_array == 3 for d in datasets])


def test_labels_become_nested_structures(tmp_path: Path) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[:5, 0, 0] = (0, 1, 2, 3, 4)
    masks = nifti_masks(saved(tmp_path, labels, STRAIGHT))
    assert {structure: int(mask.sum()) for structure, mask in masks.items()} == {
        Structure.LEFT_VENTRICLE: 4,
        Structure.BLOOD_POOL: 1,
        Structure.SCAR: 2,
        Structure.NO_REFLOW: 1,
    }


def test_thickness_is_written_only_where_given(tmp_path: Path) -> None:
    nifti = saved(tmp_path, VALUES, STRAIGHT)
    assert converted(nifti, tmp_path / "a")[0].SliceThickness is None
    given = converted(nifti, tmp_path / "b", slice_thickness_mm=8.0)[0]
    assert (given.SliceThickness, given.SpacingBetweenSlices) == (8, 10)


def test_a_thickness_that_is_not_positive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GeometryInvalid):
        converted(saved(tmp_path, VALUES, STRAIGHT), tmp_path / "dicom", slice_thickness_mm=0.0)


def test_fractions_are_rescaled(tmp_path: Path) -> None:
    fractions = (VALUES / 7 - 3).astype(np.float32)
    datasets = converted(saved(tmp_path, fractions, STRAIGHT), tmp_path / "dicom")
    read = [d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in datasets]
    np.testing.assert_allclose(read, fractions.transpose(2, 1, 0), atol=1e-3)


def test_a_trailing_time_axis_of_one_is_dropped(tmp_path: Path) -> None:
    assert read_nifti(saved(tmp_path, VALUES[..., None], STRAIGHT)).values.shape == (4, 5, 6)


def test_lengths_in_metres_become_mm(tmp_path: Path) -> None:
    affine = STRAIGHT.copy()
    affine[:3] /= 1000
    image = nibabel.Nifti1Image(VALUES, affine)
    image.header.set_xyzt_units("meter")
    nibabel.save(image, tmp_path / "metres.nii")
    assert read_nifti(tmp_path / "metres.nii").planes[0].pixel_spacing_mm == pytest.approx((1.5, 1.25))


def with_header_spacing(folder: Path, affine: np.ndarray, zooms: tuple[float, float, float]) -> Path:
    """A file whose sform says one thing and whose pixdim another, as some converters leave it."""
    path = saved(folder, VALUES, affine, "odd.nii")
    image = nibabel.Nifti1Image.from_filename(path)
    image.header["pixdim"][1:4] = zooms
    content = bytearray(path.read_bytes())
    content[:348] = image.header.binaryblock
    path.write_bytes(content)
    return path


def test_an_affine_without_spacing_takes_the_header_s_and_says_so(tmp_path: Path) -> None:
    path = with_header_spacing(tmp_path, np.diag([-1.0, -1.0, 1.0, 1.0]), (1.40625, 1.5, 13.0))
    volume = read_nifti(path)
    assert volume.planes[0].pixel_spacing_mm == pytest.approx((1.5, 1.40625))
    assert volume.planes[1].position_mm == pytest.approx((0, 0, 13))
    assert len(volume.warnings) == 1
    dataset = converted(path, tmp_path / "dicom")[0]
    assert volume.warnings[0] in dataset.DerivationDescription


def test_two_contradicting_spacings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GeometryInvalid, match="spacing"):
        read_nifti(with_header_spacing(tmp_path, STRAIGHT, (2.0, 2.0, 10.0)))


def test_a_sheared_affine_is_refused(tmp_path: Path) -> None:
    sheared = STRAIGHT.copy()
    sheared[0, 2] = 1.0
    with pytest.raises(GeometryInvalid, match="sheared"):
        read_nifti(saved(tmp_path, VALUES, sheared))


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_an_affine_that_is_not_finite_is_refused(tmp_path: Path, broken: float) -> None:
    path = saved(tmp_path, VALUES, STRAIGHT, "broken.nii")
    content = bytearray(path.read_bytes())
    content[280:284] = np.float32(broken).tobytes()
    path.write_bytes(content)
    with pytest.raises(GeometryInvalid, match="finite"):
        read_nifti(path)


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    holes = VALUES.astype(np.float32)
    holes[0, 0, 0] = np.nan
    with pytest.raises(PixelsUndecodable):
        converted(saved(tmp_path, holes, STRAIGHT), tmp_path / "dicom")


@pytest.mark.parametrize("content", [b"", b"no volume at all", b"\x1f\x8b damaged"])
def test_a_file_that_is_no_nifti_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.nii.gz"
    path.write_bytes(content)
    with pytest.raises(ObjectRefused):
        read_nifti(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, VALUES, STRAIGHT)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(ObjectRefused):
        read_nifti(path)


def test_several_time_points_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ObjectRefused):
        read_nifti(saved(tmp_path, np.stack([VALUES, VALUES], axis=-1), STRAIGHT))


def test_the_emidec_patient_weighs_what_the_labels_say(tmp_path: Path) -> None:
    if "SCARMASS_DATA" not in os.environ:
        pytest.skip("SCARMASS_DATA is not set")
    folder = Path(os.environ["SCARMASS_DATA"]) / "emidec_p100"
    datasets = converted(folder / "Case_P100.nii.gz", tmp_path)
    native = np.asarray(nibabel.Nifti1Image.from_filename(folder / "Case_P100.nii.gz").dataobj)
    np.testing.assert_array_equal([d.pixel_array.T for d in datasets], native.transpose(2, 0, 1))
    assert [float(s) for s in datasets[0].PixelSpacing] == [1.40625, 1.40625]
    assert datasets[0].SpacingBetweenSlices == 13
    scar = nifti_masks(folder / "Case_P100_contours.nii.gz")[Structure.SCAR]
    assert [int(mask.sum()) for mask in scar] == [0, 18, 95, 147, 165, 191, 112]
