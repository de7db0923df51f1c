"""Papillary muscles within the contour of the blood pool, taken out of it and put back."""

import numpy as np

from scarmass.domain.papillary import papillary_muscles, put_back, taken_out
from scarmass.domain.reading import Origin, Segment

SHAPE = (40, 40)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
FROM_MIDDLE = np.hypot(X - 20, Y - 20)
VENTRICLE, BLOOD = FROM_MIDDLE < 18, FROM_MIDDLE < 12
REMOTE = VENTRICLE & ~BLOOD
MUSCLE = np.hypot(X - 25, Y - 20) < 3
SPACING_MM = (1.5, 1.5)


def pixels(muscle: np.ndarray = MUSCLE, blood: float = 100.0) -> np.ndarray:
    return np.where(BLOOD & ~muscle, blood, 10.0)


def test_what_is_dark_as_the_wall_inside_the_blood_is_a_muscle() -> None:
    assert np.array_equal(papillary_muscles(pixels(), BLOOD, REMOTE, SPACING_MM), MUSCLE)


def test_on_psir_remote_myocardium_is_below_zero_and_it_is_the_same() -> None:
    assert np.array_equal(papillary_muscles(pixels() - 200, BLOOD, REMOTE, SPACING_MM), MUSCLE)


def test_specks_and_the_line_of_pixels_along_a_contour_that_is_too_wide_are_none() -> None:
    line = BLOOD & (FROM_MIDDLE >= 11)
    speck = np.hypot(X - 20, Y - 20) < 1.2
    assert not papillary_muscles(pixels(line | speck), BLOOD, REMOTE, SPACING_MM).any()


def test_blood_that_is_no_brighter_than_the_wall_tells_nothing() -> None:
    assert not papillary_muscles(pixels(blood=5.0), BLOOD, REMOTE, SPACING_MM).any()
    assert not papillary_muscles(pixels(), np.zeros(SHAPE, bool), REMOTE, SPACING_MM).any()


def test_a_muscle_that_was_taken_out_is_put_back_as_far_as_the_ventricle_goes() -> None:
    whole = Segment(BLOOD, Origin.CONTOUR)
    less = taken_out(whole, MUSCLE)
    assert np.array_equal(less.mask, BLOOD & ~MUSCLE)
    assert np.array_equal(put_back(less, VENTRICLE).mask, BLOOD)
    assert np.array_equal(put_back(less, VENTRICLE & (X < 25)).mask, less.mask | (MUSCLE & (X < 25)))
    assert put_back(whole, VENTRICLE) is whole
