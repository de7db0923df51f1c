"""The EMIDEC loader: stretch undone, structures nested, patients never shared between splits."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scarmass.datasets.annotated import scar_shares
from scarmass.datasets.layouts.emidec import HELD_OUT_PATIENTS, has_infarct, masks_by_structure
from scarmass.datasets.layouts.emidec_png import (
    NOMINAL_DIAMETER_MM,
    find_patients,
    nominal_pixel_spacing_mm,
    read_patient,
    read_patients,
)
from scarmass.datasets.layouts.recognised import recognised_layout
from scarmass.datasets.phantoms import phantom_slices
from scarmass.datasets.split import Split, split_by_patient
from scarmass.domain.errors import AnnotationInvalid, AnnotationMissing, LayoutNotRecognised
from scarmass.domain.structures import Structure


def ellipse(height: float, width: float) -> np.ndarray:
    """Filled ellipse, bool (256, 256), with these axes in pixels."""
    y, x = np.mgrid[:256, :256] + 0.5
    return ((y - 128) / (height / 2)) ** 2 + ((x - 120) / (width / 2)) ** 2 <= 1


@pytest.fixture
def emidec() -> Path:
    if "SCARMASS_DATA" not in os.environ:
        pytest.skip("SCARMASS_DATA is not set")
    return Path(os.environ["SCARMASS_DATA"]) / "emidec_png"


@pytest.fixture
def two_patients(tmp_path: Path) -> Path:
    """A folder as the dataset lays it out: an infarct patient in train, a normal one in val, three slices each."""
    for half, patient in (("train", "Case_P001"), ("val", "Case_N002")):
        for kind in (half, f"{half}annot"):
            (tmp_path / kind).mkdir()
        for index in range(3):
            labels = np.where(ellipse(40, 80), 2, 0) + np.where(ellipse(20, 40), -1, 0)
            if has_infarct(patient):
                labels[128:131, 140:150] = 3
                labels[129, 143:146] = 4
            name = f"{patient}_slice{index:03d}.png"
            Image.fromarray((labels * 20 + index).astype(np.uint8)).save(tmp_path / half / name)
            Image.fromarray(labels.astype(np.uint8)).save(tmp_path / f"{half}annot" / name)
    return tmp_path


def test_nominal_spacing_makes_a_stretched_ventricle_round_and_80_mm_wide() -> None:
    row_mm, column_mm = nominal_pixel_spacing_mm([ellipse(40, 80), ellipse(40, 80), ellipse(20, 40)])
    assert 40 * row_mm == pytest.approx(NOMINAL_DIAMETER_MM)
    assert 80 * column_mm == pytest.approx(NOMINAL_DIAMETER_MM)


def test_a_patient_without_any_ventricle_has_no_spacing() -> None:
    with pytest.raises(AnnotationInvalid, match="left ventricle"):
        nominal_pixel_spacing_mm([np.zeros((8, 8), dtype=bool)])


def test_scar_includes_no_reflow_and_lies_in_the_myocardium() -> None:
    masks = masks_by_structure(np.array([[0, 1, 2], [3, 4, 0]], dtype=np.uint8))
    assert masks[Structure.SCAR].tolist() == [[False, False, False], [True, True, False]]
    assert masks[Structure.NO_REFLOW].sum() == masks[Structure.BLOOD_POOL].sum() == 1
    assert masks[Structure.LEFT_VENTRICLE].sum() == 4


def test_slices_of_a_patient_come_in_order_with_their_own_pixels(two_patients: Path) -> None:
    slices = read_patient(two_patients, "Case_P001")
    assert [annotated.index for annotated in slices] == [0, 1, 2]
    assert [annotated.pixels[0, 0] for annotated in slices] == [0, 1, 2]
    assert slices[0].pixels.dtype == np.float32
    assert len({annotated.image.key for annotated in slices}) == 3


def test_patients_of_both_halves_are_found(two_patients: Path) -> None:
    assert find_patients(two_patients) == ["Case_N002", "Case_P001"]
    slices = read_patients(two_patients, find_patients(two_patients))
    scarred = {annotated.patient for annotated in slices if annotated.masks[Structure.SCAR].any()}
    assert len(slices) == 6
    assert scarred == {"Case_P001"}


def test_missing_data_are_named(tmp_path: Path, two_patients: Path) -> None:
    with pytest.raises(AnnotationMissing, match="Case_P777"):
        read_patient(two_patients, "Case_P777")
    assert find_patients(tmp_path / "train") == []
    with pytest.raises(LayoutNotRecognised):
        recognised_layout(tmp_path / "train")


def test_a_slice_without_its_mask_is_named(two_patients: Path) -> None:
    (two_patients / "trainannot" / "Case_P001_slice001.png").unlink()
    with pytest.raises(AnnotationMissing, match="Case_P001_slice001"):
        read_patient(two_patients, "Case_P001")


def test_slices_say_that_their_size_is_nominal(two_patients: Path) -> None:
    assert all(annotated.spacing_is_nominal for annotated in read_patient(two_patients, "Case_P001"))


def test_phantoms_of_odd_seeds_are_phase_sensitive() -> None:
    slices = phantom_slices([10001])
    assert {one.patient for one in slices} == {"phantom-10001"}
    assert min(one.pixels.min() for one in slices) < 0
    assert any(one.masks[Structure.SCAR].any() for one in slices)


def parted(emidec: Path) -> Split:
    """The split that the shipped models' cards name."""
    patients = [patient for patient in find_patients(emidec) if patient not in HELD_OUT_PATIENTS]
    return split_by_patient(scar_shares(read_patients(emidec, patients)))


def test_the_whole_dataset_reads_as_described(emidec: Path) -> None:
    patients = find_patients(emidec)
    assert len(patients) == 100
    assert sum(map(has_infarct, patients)) == 67
    slices = read_patients(emidec, parted(emidec).test)
    for annotated in slices:
        ventricle = annotated.masks[Structure.LEFT_VENTRICLE]
        assert ventricle.any()
        assert not (annotated.masks[Structure.SCAR] & ~ventricle).any()
        assert has_infarct(annotated.patient) or not annotated.masks[Structure.SCAR].any()


def test_every_part_of_the_split_has_small_and_large_infarcts_and_normals(emidec: Path) -> None:
    split = parted(emidec)
    assert split.sha256 == "99652ebcff7aa41416b6c5d353d00327a5a318f1df48db53a609902d7ac08b19"
    parts = (split.train, split.validation, split.test)
    assert not HELD_OUT_PATIENTS & {patient for part in parts for patient in part}
    shares = scar_shares(read_patients(emidec, [patient for part in parts for patient in part]))
    for part in parts:
        infarcts = [shares[patient] for patient in part if shares[patient]]
        assert min(infarcts) < 0.1 < 0.4 < max(infarcts)
        assert len(infarcts) / len(part) == pytest.approx(2 / 3, abs=0.03)
    assert sum(shares[patient] > 0 for patient in split.test) >= 15


def test_the_png_patient_matches_its_native_twin_in_shape(emidec: Path) -> None:
    """Native pixels are square, and so must the corrected ones be where the outline is round."""
    for annotated in read_patient(emidec, "Case_P100")[2:]:
        rows, columns = np.nonzero(annotated.masks[Structure.LEFT_VENTRICLE])
        row_mm, column_mm = annotated.pixel_spacing_mm
        height_mm, width_mm = (np.ptp(rows) + 1) * row_mm, (np.ptp(columns) + 1) * column_mm
        assert height_mm / width_mm == pytest.approx(1, abs=0.1)
