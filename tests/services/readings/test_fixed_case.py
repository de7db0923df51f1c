"""What today's code writes of the fixed case is what the files under tests/data/pacs hold: the same masks and grams."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from scarmass.domain.structures import Structure
from scarmass.imaging.seg.read_back import masks_by_highdicom, masks_by_pydicom
from scarmass.imaging.sr.read_back import Told, numbers_by_highdicom, numbers_by_pydicom
from tests.dciodvfy import verdict
from tests.services.readings.fixed_case import (
    DENSITY,
    FOLDER,
    GAP_MM,
    PIXEL_SPACING_MM,
    THICKNESS_MM,
    objects_of,
    subject,
)

IMAGES = [FOLDER / f"slice_{number:03}.dcm" for number in range(1, 6)]
OBJECTS = ("seg.dcm", "sr.dcm", "pdf.dcm", "key_image.dcm")
LARGEST = 200_000


@pytest.fixture(scope="module")
def today() -> dict[str, bytes]:
    return objects_of(IMAGES)


def fixed(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_the_same_masks(today: dict[str, bytes]) -> None:
    then = masks_by_pydicom(fixed("seg.dcm"))
    for now in (masks_by_pydicom(today["seg.dcm"]), masks_by_highdicom(today["seg.dcm"])):
        assert now.keys() == then.keys() == set(Structure)
        for structure, masks in then.items():
            assert now[structure].keys() == masks.keys()
            assert all(np.array_equal(now[structure][key], mask) for key, mask in masks.items())


def test_the_same_grams_which_are_the_phantom_s(today: dict[str, bytes]) -> None:
    then = numbers_by_pydicom(fixed("sr.dcm"))
    for now in (numbers_by_pydicom(today["sr.dcm"]), numbers_by_highdicom(today["sr.dcm"])):
        assert {one[:3]: one[4] for one in now} == {one[:3]: one[4] for one in then}
        of = {told[:3]: told[3] for told in now}
        assert all(of[told[:3]] == pytest.approx(told[3], rel=1e-9) for told in then)
    pixels = subject().masks[Structure.SCAR].sum()
    volume_ml = pixels * PIXEL_SPACING_MM[0] * PIXEL_SPACING_MM[1] * THICKNESS_MM / 1000
    assert grams(then, "by-thickness") == pytest.approx(volume_ml * DENSITY, rel=1e-9)
    whole_ml = volume_ml * (THICKNESS_MM + GAP_MM) / THICKNESS_MM
    assert grams(then, "by-spacing") == pytest.approx(whole_ml * DENSITY, rel=1e-6)


def grams(told: list[Told], method: str) -> float:
    return next(value for label, name, by, value, _ in told if (label, name, by) == ("Scar", "118538004", method))


@pytest.mark.parametrize("name", OBJECTS)
def test_the_same_object_under_the_same_uid(today: dict[str, bytes], name: str) -> None:
    now, then = dcmread(BytesIO(today[name])), dcmread(BytesIO(fixed(name)))
    assert set(now.keys()) == set(then.keys())
    plain = [one for one in then if one.VR not in ("SQ", "OB", "OW") and one.keyword != "SoftwareVersions"]
    assert {one.keyword: now[one.tag].value for one in plain} == {one.keyword: one.value for one in plain}


@pytest.mark.parametrize("name", OBJECTS)
def test_each_object_is_of_the_patient_and_study_of_its_images(today: dict[str, bytes], name: str) -> None:
    now, source = dcmread(BytesIO(today[name])), dcmread(IMAGES[0])
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        assert now[keyword].value == source[keyword].value
        assert now[keyword].value


@pytest.mark.parametrize("name", OBJECTS)
def test_the_files_are_small_and_valid(name: str, tmp_path: Path) -> None:
    assert len(fixed(name)) < LARGEST
    assert verdict(fixed(name), tmp_path) == []
