"""MyoPS and MyoPS++: five labels to nested structures, and its two names of the LGE volume."""

from pathlib import Path

import numpy as np
import pytest

from scarmass.datasets.layouts.myops import find_patients, masks_by_structure, read_patient
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing
from scarmass.domain.structures import Structure
from tests.datasets.hearts import heart_labels, pixels_of, write_myops

LABELS = heart_labels()


def test_both_names_of_the_volume_are_read(tmp_path: Path) -> None:
    write_myops(tmp_path, "myops_training_101", LABELS)
    write_myops(tmp_path / "CenterB", "Case1001", LABELS, "DE")
    assert find_patients(tmp_path) == ["Case1001", "myops_training_101"]
    for patient in find_patients(tmp_path):
        slices = read_patient(tmp_path, patient, "myops")
        np.testing.assert_array_equal([one.pixels for one in slices], pixels_of(LABELS))
        np.testing.assert_array_equal([one.masks[Structure.SCAR] for one in slices], LABELS == 3)
        np.testing.assert_array_equal([one.masks[Structure.BLOOD_POOL] for one in slices], LABELS == 1)
        assert {(one.patient, one.centre) for one in slices} == {(patient, "myops")}


def test_oedema_is_myocardium_and_the_right_ventricle_is_no_part_of_the_left() -> None:
    labels = np.array([[[200, 1220, 2221, 500, 600, 0]]])
    masks = masks_by_structure(labels)
    assert masks[Structure.LEFT_VENTRICLE].tolist() == [[[True, True, True, True, False, False]]]
    assert masks[Structure.SCAR].tolist() == [[[False, False, True, False, False, False]]]
    assert masks[Structure.BLOOD_POOL].tolist() == [[[False, False, False, True, False, False]]]
    assert not masks[Structure.NO_REFLOW].any()


def test_a_gap_between_blood_and_wall_is_filled_to_the_epicardium() -> None:
    labels = np.full((1, 5, 5), 200)
    labels[0, 1:4, 1:4] = 0
    labels[0, 2, 2] = 500
    masks = masks_by_structure(labels)
    assert masks[Structure.LEFT_VENTRICLE].all()
    assert masks[Structure.BLOOD_POOL].sum() == 1


def test_a_label_of_another_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationInvalid, match="label 3 "):
        masks_by_structure(np.array([[[200, 3]]]))


def test_a_volume_without_its_labels_is_named(tmp_path: Path) -> None:
    write_myops(tmp_path, "Case1001", LABELS)
    (tmp_path / "Case1001_gd.nii.gz").unlink()
    with pytest.raises(AnnotationMissing, match=r"Case1001_gd\.nii\.gz"):
        read_patient(tmp_path, "Case1001", "myops")


def test_a_patient_with_two_volumes_is_refused(tmp_path: Path) -> None:
    write_myops(tmp_path, "Case1001", LABELS)
    write_myops(tmp_path, "Case1001", LABELS, "DE")
    with pytest.raises(AnnotationInvalid, match="two volumes"):
        find_patients(tmp_path)
