"""Thresholds inside the myocardium, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.errors import MaskShapeMismatch, ThresholdUndefined
from scarmass.domain.thresholds import (
    full_width_half_maximum,
    grey_zone,
    hyperenhanced_myocardium,
    n_sd,
    otsu,
    remote_myocardium,
)

WALL = np.ones((1, 8), dtype=bool)
REMOTE = np.array([[1, 1, 1, 1, 0, 0, 0, 0]], dtype=bool)
SIGNAL = np.array([[8.0, 10.0, 10.0, 12.0, 13.0, 14.0, 16.0, 30.0]])
"""The remote's mean is 10 and its sample variance (4 + 0 + 0 + 4) / 3, so its standard deviation 1.633."""


@pytest.mark.parametrize(
    ("n", "brightest"),
    [(2, 3), (3, 2), (5, 1), (6, 1)],
    ids=["above 13.27", "above 14.90", "above 18.16", "above 19.80"],
)
def test_n_sd_by_hand(n: int, brightest: int) -> None:
    assert np.flatnonzero(n_sd(SIGNAL, WALL, REMOTE, n)).tolist() == list(range(8 - brightest, 8))


def test_half_of_the_maximum_is_measured_from_zero_in_a_magnitude_image() -> None:
    """Half of 30 is 15."""
    scar = full_width_half_maximum(SIGNAL, WALL, phase_sensitive=False)
    assert SIGNAL[scar].tolist() == [16, 30]


def test_half_of_the_maximum_is_measured_from_the_mean_of_a_remote_region() -> None:
    """Half way from 10 to 30 is 20."""
    scar = full_width_half_maximum(SIGNAL, WALL, phase_sensitive=False, base=REMOTE)
    assert SIGNAL[scar].tolist() == [30]


def test_phase_sensitive_images_need_to_know_zero_or_remote() -> None:
    with pytest.raises(ThresholdUndefined, match="PSIR"):
        full_width_half_maximum(SIGNAL, WALL, phase_sensitive=True)
    assert full_width_half_maximum(SIGNAL, WALL, phase_sensitive=True, base=REMOTE).sum() == 1


@given(st.floats(-2000, 2000))
def test_a_stored_offset_of_psir_changes_nothing_once_zero_is_stated(offset: float) -> None:
    scar = full_width_half_maximum(SIGNAL + offset, WALL, phase_sensitive=True, base=offset)
    assert np.array_equal(scar, full_width_half_maximum(SIGNAL, WALL, phase_sensitive=False))


def test_the_maximum_is_that_of_the_hyperenhanced_region_and_of_its_own_slice() -> None:
    pixels = np.stack([SIGNAL, SIGNAL * 10, SIGNAL])
    region = np.zeros(pixels.shape, dtype=bool)
    region[0, 0, 6], region[1, 0, 7] = True, True
    walls = np.broadcast_to(WALL, pixels.shape)
    scar = full_width_half_maximum(pixels, walls, phase_sensitive=False, hyperenhanced=region)
    assert pixels[0][scar[0]].tolist() == [10, 10, 12, 13, 14, 16, 30]
    assert pixels[1][scar[1]].tolist() == [160, 300]
    assert not scar[2].any()


def test_only_myocardium_is_marked() -> None:
    wall = WALL.copy()
    wall[0, 7] = False
    assert not n_sd(SIGNAL, wall, REMOTE, 2)[0, 7]
    assert SIGNAL[full_width_half_maximum(SIGNAL, wall, phase_sensitive=False)].tolist() == [10, 10, 12, 13, 14, 16]


def test_a_slice_without_myocardium_has_no_scar_and_needs_no_remote() -> None:
    pixels, walls = np.stack([SIGNAL, SIGNAL]), np.stack([WALL, ~WALL])
    remote = np.stack([REMOTE, ~WALL])
    assert n_sd(pixels, walls, remote, 2).sum(axis=(1, 2)).tolist() == [3, 0]
    assert not full_width_half_maximum(pixels, walls, phase_sensitive=False)[1].any()
    assert not remote_myocardium(np.zeros((2, 2)), np.zeros((2, 2), dtype=bool)).any()


def test_remote_myocardium_of_one_pixel_has_no_standard_deviation() -> None:
    with pytest.raises(ThresholdUndefined, match="1 finite pixels"):
        n_sd(SIGNAL, WALL, REMOTE & (SIGNAL == 8), 2)
    with pytest.raises(ThresholdUndefined, match="0 finite pixels"):
        full_width_half_maximum(SIGNAL, WALL, phase_sensitive=True, base=~WALL)


def test_pixels_that_are_not_finite_are_refused() -> None:
    broken = SIGNAL.copy()
    broken[0, 7] = np.nan
    with pytest.raises(ThresholdUndefined, match="not finite"):
        n_sd(broken, WALL, REMOTE, 2)
    with pytest.raises(ThresholdUndefined, match="not finite"):
        full_width_half_maximum(broken, WALL, phase_sensitive=False)


def test_masks_of_another_shape_are_refused() -> None:
    with pytest.raises(MaskShapeMismatch):
        n_sd(SIGNAL, WALL, REMOTE[:, :4], 2)


def ring(size: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """A wall between radii 10 and 16, and the angle of every pixel about its centre, degrees 0 to 360."""
    down, right = np.mgrid[:size, :size] - size // 2
    radius = np.hypot(down, right)
    return (radius >= 10) & (radius < 16), np.degrees(np.arctan2(down, right)) % 360


@pytest.mark.parametrize("start", [0, 90, 200, 330])
def test_remote_myocardium_is_the_darkest_sixth_of_the_wall(start: int) -> None:
    wall, angle = ring()
    dark = wall & ((angle - start) % 360 < 60)
    assert np.array_equal(remote_myocardium(np.where(dark, 20.0, 100.0), wall), dark)


def test_a_dark_core_with_a_bright_rim_is_not_taken_for_remote() -> None:
    wall, angle = ring()
    down, right = np.mgrid[:41, :41] - 20
    inner = np.hypot(down, right) < 12
    infarct = wall & (angle < 60)
    pixels = np.where(infarct & inner, 5.0, np.where(infarct, 200.0, 50.0))
    assert not (remote_myocardium(pixels, wall) & infarct).any()


def test_a_few_dark_pixels_of_an_open_wall_are_not_enough_for_a_sector() -> None:
    wall, angle = ring()
    open_wall = wall & (angle > 160) & (angle < 320)
    open_wall[30, 26] = True
    pixels = np.where(open_wall & (angle > 160), 100.0, 1.0)
    assert pixels[30, 26] == 1
    assert not remote_myocardium(pixels, open_wall)[30, 26]


def test_each_slice_has_a_remote_region_of_its_own() -> None:
    wall, angle = ring()
    pixels = np.stack([np.where(angle < 60, 1.0, 9.0), np.where((angle >= 180) & (angle < 240), 1.0, 9.0)])
    remote = remote_myocardium(pixels, np.stack([wall, wall]))
    assert (pixels[remote] == 1).all()
    assert remote.any(axis=(1, 2)).all()


def test_myocardium_of_a_single_pixel_has_no_remote_part() -> None:
    wall = np.zeros((5, 5), dtype=bool)
    wall[2, 2] = True
    with pytest.raises(ThresholdUndefined, match="no sector"):
        remote_myocardium(np.ones((5, 5)), wall)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_more_standard_deviations_mark_less(seed: int, n: int) -> None:
    wall, _ = ring()
    pixels = np.random.default_rng(seed).gamma(2, 50, wall.shape)
    remote = remote_myocardium(pixels, wall)
    more, less = n_sd(pixels, wall, remote, n), n_sd(pixels, wall, remote, n + 1)
    assert not (less & ~more).any()
    assert not (more & ~wall).any()


def test_a_signal_below_zero_has_no_maximum_that_is_halved_from_zero() -> None:
    """As in inverted images, whose half maximum would lie above everything."""
    with pytest.raises(ThresholdUndefined, match="below it"):
        full_width_half_maximum(SIGNAL - 40, WALL, phase_sensitive=False)


def test_otsu_by_hand() -> None:
    """Of 1 2 2 9 10 the split after the twos leaves squared deviations of 0.67 + 0.5, every other one more."""
    pixels = np.array([[2.0, 10.0, 1.0, 9.0, 2.0, 500.0]])
    wall = np.array([[1, 1, 1, 1, 1, 0]], dtype=bool)
    assert pixels[otsu(pixels, wall)].tolist() == [10, 9]


def test_otsu_never_parts_pixels_of_one_signal() -> None:
    pixels = np.array([[5.0, 5.0, 5.0, 5.0, 6.0]])
    assert pixels[otsu(pixels, np.ones((1, 5), bool))].tolist() == [6]


def test_otsu_leaves_the_least_variance_within_its_parts() -> None:
    values = np.random.default_rng(5).gamma(2, 50, (1, 60))

    def within(level: float) -> float:
        darker, brighter = values[values <= level], values[values > level]
        return darker.var() * darker.size + brighter.var() * brighter.size

    marked = values[otsu(values, np.ones(values.shape, bool))]
    levels = np.sort(values.ravel())[:-1]
    assert marked.min() > min(levels, key=within) == values[values < marked.min()].max()


def test_a_wall_of_one_signal_has_no_two_parts() -> None:
    with pytest.raises(ThresholdUndefined, match="one signal"):
        otsu(np.full((1, 8), 3.0), WALL)
    assert not otsu(np.full((1, 8), 3.0), ~WALL).any()


def test_the_grey_zone_lies_between_the_brightest_remote_pixel_and_the_core() -> None:
    """The remote's brightest is 12, half of the maximum 15."""
    core = full_width_half_maximum(SIGNAL, WALL, phase_sensitive=False)
    zone = grey_zone(SIGNAL, WALL, REMOTE, core, hyperenhanced=SIGNAL == 30)
    assert SIGNAL[zone].tolist() == [13, 14]


def test_a_slice_without_a_hyperenhanced_region_has_no_grey_zone() -> None:
    assert not grey_zone(SIGNAL, WALL, REMOTE, core=~WALL, hyperenhanced=~WALL).any()


@pytest.mark.parametrize("start", [0, 90, 200, 330])
def test_a_hyperenhanced_region_is_proposed_where_the_wall_is_brightest(start: int) -> None:
    wall, angle = ring()
    bright = wall & ((angle - start) % 360 < 60)
    assert np.array_equal(hyperenhanced_myocardium(np.where(bright, 100.0, 20.0), wall), bright)
