"""Insertion points proposed from how the images lie in the patient."""

import numpy as np
import pytest

from scarmass.domain.insertions import proposed_insertions
from scarmass.domain.landmarks import Place
from scarmass.domain.wall import WallSlice
from scarmass.phantom.stack import phantom
from tests.domain.stored import Way, as_acquired, landmarks_of, mirrored, turned, wall_of

STACK = phantom(12, scars=())


def offset_mm(one: WallSlice, place: Place) -> np.ndarray:
    """From the ventricle's centre."""
    return one.slice.header.plane.patient_mm(np.array(place.x), np.array(place.y)) - one.centre_mm


@pytest.mark.parametrize("way", [as_acquired, mirrored, turned])
@pytest.mark.parametrize("step", [1, -1], ids=["apex first", "base first"])
def test_they_lie_on_the_epicardium_near_the_phantom_s_own_however_the_images_are_stored(way: Way, step: int) -> None:
    wall = wall_of(STACK, way)[::step]
    proposed = proposed_insertions(wall)
    assert proposed is not None
    one = next(one for one in wall if one.slice.key == proposed[0].slice)
    index = int(one.slice.key[0].rpartition(".")[2])
    true = landmarks_of(STACK, index)
    for place, landmark in zip(proposed, (true.anterior_insertion, true.inferior_insertion), strict=True):
        assert landmark is not None
        found, known = offset_mm(one, place), np.array(landmark.position_mm) - one.centre_mm
        cosine = found @ known / np.linalg.norm(found) / np.linalg.norm(known)
        assert cosine > np.cos(np.radians(20))
        assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(known), abs=4)


def test_images_that_are_no_short_axis_of_a_patient_propose_none() -> None:
    axial = phantom(12, scars=(), orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    assert proposed_insertions(wall_of(axial)) is None
    assert proposed_insertions([]) is None
