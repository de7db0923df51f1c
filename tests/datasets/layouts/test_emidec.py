"""EMIDEC as its authors lay it out: slices along their normal, with true size and nested structures."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from scarmass.datasets.layouts.emidec import find_patients, read_patient
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.structures import Structure
from tests.datasets.hearts import SPACING_MM, heart_labels, pixels_of, save_nifti, write_emidec

LABELS = heart_labels()


def test_slices_carry_their_pixels_masks_and_true_size(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", LABELS)
    slices = read_patient(tmp_path, "Case_P001")
    assert find_patients(tmp_path) == ["Case_P001"]
    np.testing.assert_array_equal([one.pixels for one in slices], pixels_of(LABELS))
    np.testing.assert_array_equal([one.masks[Structure.SCAR] for one in slices], LABELS >= 3)
    np.testing.assert_array_equal([one.masks[Structure.LEFT_VENTRICLE] for one in slices], LABELS >= 1)
    for one in slices:
        assert one.pixel_spacing_mm == pytest.approx((SPACING_MM[1], SPACING_MM[0]))
        assert (one.slice_spacing_mm, one.slice_thickness_mm) == (pytest.approx(10), None)
        assert (one.centre, one.spacing_is_nominal) == ("emidec", False)


def test_slices_stored_against_their_normal_come_in_the_other_order_masks_with_them(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", LABELS, np.diag([*SPACING_MM[:2], -SPACING_MM[2], 1]))
    slices = read_patient(tmp_path, "Case_P001")
    np.testing.assert_array_equal([one.pixels for one in slices], pixels_of(LABELS)[::-1])
    np.testing.assert_array_equal([one.masks[Structure.SCAR] for one in slices], LABELS[::-1] >= 3)


def test_a_patient_without_contours_is_named(tmp_path: Path) -> None:
    save_nifti(tmp_path / "Case_P001" / "Images" / "Case_P001.nii.gz", pixels_of(LABELS))
    with pytest.raises(AnnotationMissing, match="Case_P001"):
        read_patient(tmp_path, "Case_P001")


def test_contours_of_fewer_slices_are_refused(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", LABELS)
    save_nifti(tmp_path / "Case_P001" / "Contours" / "Case_P001.nii.gz", LABELS[:2])
    with pytest.raises(AnnotationInvalid, match=r"Case_P001.*shape"):
        read_patient(tmp_path, "Case_P001")


def test_contours_that_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", LABELS)
    moved = np.diag([*SPACING_MM, 1])
    moved[2, 3] = SPACING_MM[2]
    save_nifti(tmp_path / "Case_P001" / "Contours" / "Case_P001.nii.gz", LABELS, moved)
    with pytest.raises(AnnotationInvalid, match="elsewhere"):
        read_patient(tmp_path, "Case_P001")


def test_an_unknown_label_is_refused(tmp_path: Path) -> None:
    write_emidec(tmp_path, "Case_P001", np.where(LABELS == 4, 7, LABELS))
    with pytest.raises(AnnotationInvalid, match=r"Case_P001.*label 7"):
        read_patient(tmp_path, "Case_P001")


def test_a_native_patient_reads_as_its_labels_say(tmp_path: Path, scarmass_data: Path) -> None:
    for kind, name in (("Images", "Case_P100"), ("Contours", "Case_P100_contours")):
        (tmp_path / "Case_P100" / kind).mkdir(parents=True)
        file = scarmass_data / "emidec_p100" / f"{name}.nii.gz"
        (tmp_path / "Case_P100" / kind / "Case_P100.nii.gz").symlink_to(file)
    slices = read_patient(tmp_path, "Case_P100")
    assert [int(one.masks[Structure.SCAR].sum()) for one in slices] == [0, 18, 95, 147, 165, 191, 112]
    assert slices[0].pixel_spacing_mm == pytest.approx((1.40625, 1.40625))
    assert slices[0].slice_spacing_mm == pytest.approx(13)
    native = np.asarray(nibabel.Nifti1Image.from_filename(scarmass_data / "emidec_p100/Case_P100.nii.gz").dataobj)
    np.testing.assert_allclose([one.pixels.T for one in slices], native.transpose(2, 0, 1), rtol=1e-6)
