"""A centre's own DICOM: slices by position, masks by the image each frame was drawn on or by place in the patient."""

import random
from collections.abc import Sequence
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.pixels.utils import pack_bits
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from scarmass.datasets.layouts.dicom_folder import find_patients, read_patient
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.geometry import SlicePlane
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.imaging.mr.write import Series, write_mr_series
from tests.datasets.hearts import heart_labels, pixels_of, save_nifti

LABELS = heart_labels()
CODE = {"scar": codes.DCM.ScarredMyocardium, "myocardium": codes.SCT.LeftVentricleMyocardium}
MASKS = {"scar": LABELS >= 3, "myocardium": LABELS >= 2}


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    """A patient's folder with an LGE series whose InstanceNumber and file order say nothing of the slices'."""
    return series_in(tmp_path / "patient-1")


def series_in(folder: Path, values: np.ndarray = LABELS, description: str = "PSIR LGE") -> Path:
    orientation = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    planes = [SlicePlane(48, 40, (0.0, 0.0, 10.0 * n), orientation, (2.0, 1.5), 8.0) for n in range(len(values))]
    series = Series("test", "Header^Name", "header-id", Contrast.PSIR, description, "simulated")
    paths = write_mr_series(folder / description, pixels_of(values).astype(np.int16), planes, series)
    for number, path in zip(random.Random(1).sample(range(9), len(paths)), paths, strict=True):
        dataset = pydicom.dcmread(path)
        dataset.InstanceNumber = number
        dataset.save_as(path.with_name(f"image{9 - number}"))
        path.unlink()
    return folder


def images_of(folder: Path) -> list[pydicom.FileDataset]:
    """The MR images in slice order."""
    images = [pydicom.dcmread(path) for path in folder.rglob("image*")]
    return sorted(images, key=lambda image: image.ImagePositionPatient[2])


def segmentation(
    images: Sequence[pydicom.Dataset], masks: dict[str, np.ndarray], coded: bool = True, kind: str = "BINARY"
) -> Segmentation:
    """Segments coded by property type, or with a general code and their name as label."""
    described = [
        SegmentDescription(
            number,
            name if not coded else f"segment {number}",
            codes.SCT.Tissue,
            CODE[name] if coded else codes.SCT.Tissue,
            highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, name in enumerate(masks, 1)
    ]
    pixels = np.stack(list(masks.values()), axis=-1)
    pixels = pixels.astype(float) if kind == "FRACTIONAL" else pixels.astype(np.uint8)
    uids = generate_uid(), generate_uid()
    return Segmentation(images, pixels, kind, described, uids[0], 2, uids[1], 1, "maker", "model", "1", "1")


def reversed_frames(seg: Segmentation) -> Segmentation:
    """The same segmentation with its last frame first."""
    pixels = seg.pixel_array[::-1]
    seg.PerFrameFunctionalGroupsSequence = list(reversed(seg.PerFrameFunctionalGroupsSequence))
    seg.PixelData = pack_bits(pixels)
    return seg


@pytest.mark.parametrize("coded", [True, False])
@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
def test_frames_of_a_segmentation_lie_on_the_slices_they_were_drawn_on(patient: Path, coded: bool, kind: str) -> None:
    segmentation(images_of(patient), MASKS, coded, kind).save_as(patient / "masks.dcm")
    assert_heart(patient)


def test_frames_in_reverse_order_lie_on_the_same_slices(patient: Path) -> None:
    seg = segmentation(images_of(patient), MASKS)
    order = sources_of(seg)
    reversed_frames(seg).save_as(patient / "masks.dcm")
    assert sources_of(seg) == order[::-1] != order
    assert_heart(patient)


def sources_of(seg: pydicom.Dataset) -> list[str]:
    """The slice of each frame."""
    derivations = [frame.DerivationImageSequence[0] for frame in seg.PerFrameFunctionalGroupsSequence]
    return [derivation.SourceImageSequence[0].ReferencedSOPInstanceUID for derivation in derivations]


def test_one_segmentation_for_each_tissue_is_read_too(patient: Path) -> None:
    for name, mask in MASKS.items():
        segmentation(images_of(patient), {name: mask}).save_as(patient / f"{name}.dcm")
    assert_heart(patient)


def test_a_series_that_no_mask_was_drawn_on_is_left_alone(patient: Path) -> None:
    segmentation(images_of(patient), MASKS).save_as(patient / "masks.dcm")
    series_in(patient, LABELS[:2], "LGE other breath-holds")
    assert_heart(patient)


def test_nifti_masks_named_by_tissue_are_laid_on_the_slices_by_place(patient: Path) -> None:
    for name, mask in MASKS.items():
        save_nifti(patient / f"{name}.nii.gz", *turned(mask))
    assert_heart(patient)


def test_one_nifti_volume_holds_labels(patient: Path) -> None:
    save_nifti(patient / "masks.nii.gz", *turned(LABELS))
    assert_heart(patient)


def turned(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mask as converters write it: rows the other way up, last slice first, with the affine that says so.

    DICOM's x and y are NIfTI's negated.
    """
    slices, rows, _ = mask.shape
    affine = np.diag([-1.5, 2.0, -10.0, 1.0])
    affine[1:3, 3] = -2.0 * (rows - 1), 10.0 * (slices - 1)
    return np.ascontiguousarray(mask[::-1, ::-1]).astype(np.uint8), affine


def assert_heart(patient: Path) -> None:
    slices = read_patient(patient.parent, "patient-1", "ours")
    np.testing.assert_array_equal([one.pixels for one in slices], pixels_of(LABELS))
    np.testing.assert_array_equal([one.masks[Structure.SCAR] for one in slices], LABELS >= 3)
    np.testing.assert_array_equal([one.masks[Structure.BLOOD_POOL] for one in slices], LABELS == 1)
    np.testing.assert_array_equal([one.masks[Structure.LEFT_VENTRICLE] for one in slices], LABELS >= 1)
    for one in slices:
        assert (one.patient, one.centre, one.contrast) == ("patient-1", "ours", Contrast.PSIR)
        assert (one.pixel_spacing_mm, one.slice_thickness_mm, one.slice_spacing_mm) == ((2.0, 1.5), 8.0, 10.0)


def test_every_subfolder_with_dicom_is_a_patient(patient: Path) -> None:
    (patient.parent / "notes").mkdir()
    (patient.parent / "notes" / "readme.txt").write_text("none")
    assert find_patients(patient.parent) == ["patient-1"]


def refused(patient: Path, fact: type[Exception], match: str) -> None:
    with pytest.raises(fact, match=match):
        read_patient(patient.parent, "patient-1", "ours")


def test_a_patient_without_masks_is_named(patient: Path) -> None:
    refused(patient, AnnotationMissing, "ours, patient-1: there is no mask")


def test_a_patient_with_both_kinds_of_masks_is_refused(patient: Path) -> None:
    segmentation(images_of(patient), MASKS).save_as(patient / "masks.dcm")
    save_nifti(patient / "masks.nii.gz", LABELS)
    refused(patient, AnnotationMissing, "both")


def test_a_slice_that_no_segmentation_refers_to_is_named(patient: Path) -> None:
    images = images_of(patient)
    segmentation(images[:2], {name: mask[:2] for name, mask in MASKS.items()}).save_as(patient / "masks.dcm")
    refused(patient, AnnotationMissing, images[2].SOPInstanceUID)


def test_a_slice_beyond_the_nifti_mask_is_named(patient: Path) -> None:
    save_nifti(patient / "masks.nii.gz", LABELS[:2], np.diag([-1.5, -2.0, 10.0, 1.0]))
    refused(patient, AnnotationMissing, r"masks\.nii\.gz does not cover slice 2")


def test_a_nifti_mask_of_another_grid_is_refused(patient: Path) -> None:
    save_nifti(patient / "masks.nii.gz", LABELS, np.diag([-1.0, -1.0, 10.0, 1.0]))
    refused(patient, AnnotationInvalid, "another grid")


def test_two_readers_of_one_tissue_are_refused(patient: Path) -> None:
    for name in ("a", "b"):
        segmentation(images_of(patient), MASKS).save_as(patient / f"{name}.dcm")
    refused(patient, AnnotationInvalid, "two segmentations show scar")


def test_a_frame_that_names_no_slice_is_refused(patient: Path) -> None:
    seg = segmentation(images_of(patient), MASKS)
    del seg.PerFrameFunctionalGroupsSequence[1].DerivationImageSequence
    seg.save_as(patient / "masks.dcm")
    refused(patient, AnnotationInvalid, "frame 2")


def test_a_frame_that_lies_elsewhere_than_its_slice_is_refused(patient: Path) -> None:
    seg = segmentation(images_of(patient), MASKS)
    seg.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0].ImagePositionPatient[2] = 77
    seg.save_as(patient / "masks.dcm")
    refused(patient, AnnotationInvalid, "frame 1 has another ImagePositionPatient")


def test_two_series_that_a_nifti_mask_could_belong_to_are_refused(patient: Path) -> None:
    save_nifti(patient / "masks.nii.gz", *turned(LABELS))
    series_in(patient, LABELS, "LGE late")
    refused(patient, AnnotationInvalid, "2 of 2 stacks")
