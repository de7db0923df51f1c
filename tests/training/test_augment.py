"""Augmentation: pixels, masks and spacing change together, and what is drawn stays within its ranges."""

from dataclasses import replace

import numpy as np
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.structures import Structure
from scarmass.training.augment import augmented
from scarmass.training.detector.config import CONFIG, read_config

RANGES = read_config(CONFIG).augmentation
ONLY_GEOMETRY = replace(
    RANGES, contrast_share=0, grey_air_share=0, gamma=(1, 1), shading=0, noise=0, blur_pixels=0, offset=0.02
)


def ventricle() -> AnnotatedSlice:
    """A ventricle 80 mm wide, as wide as tall on pixels twice as high as wide, with a scar on one side."""
    row_mm, column_mm = 2.0, 1.0
    y, x = np.mgrid[:200, :400] + 0.5
    distance_mm = np.hypot((y - 90) * row_mm, (x - 230) * column_mm)
    disc, blood = distance_mm <= 40, distance_mm <= 28
    scar = disc & ~blood & (x < 200) & (y < 90)
    masks = {
        Structure.LEFT_VENTRICLE: disc,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: np.zeros_like(disc),
    }
    return AnnotatedSlice("Case_P001", 0, disc.astype(np.float32) * 100, (row_mm, column_mm), masks)


def test_pixels_and_masks_move_together() -> None:
    for seed in range(12):
        view = augmented(ventricle(), 256, ONLY_GEOMETRY, np.random.default_rng(seed))
        disc, bright = view.masks[Structure.LEFT_VENTRICLE], view.pixels > 0.5
        assert (disc & bright).sum() / (disc | bright).sum() > 0.99


def test_areas_in_mm2_survive_any_field_of_view() -> None:
    original = ventricle()
    for seed in range(12):
        view = augmented(original, 256, ONLY_GEOMETRY, np.random.default_rng(seed))
        for structure, tolerance in ((Structure.LEFT_VENTRICLE, 0.03), (Structure.SCAR, 0.1)):
            expected = original.masks[structure].sum() * np.prod(original.pixel_spacing_mm)
            area = view.masks[structure].sum() * np.prod(view.pixel_spacing_mm)
            assert area == pytest.approx(expected, rel=tolerance)


def test_the_ventricle_takes_the_share_of_the_image_that_was_asked_for() -> None:
    shares = []
    for seed in range(40):
        view = augmented(ventricle(), 256, ONLY_GEOMETRY, np.random.default_rng(seed))
        assert max(view.pixels.shape) == 256
        columns = np.flatnonzero(view.masks[Structure.LEFT_VENTRICLE].any(axis=0))
        shares.append((np.ptp(columns) + 1) / 256)
    assert min(shares) > RANGES.ventricle_share[0] * 0.95
    assert max(shares) < RANGES.ventricle_share[1] * 1.05
    assert max(shares) / min(shares) > 2


def test_a_close_up_shows_the_ventricle_large_and_in_the_middle() -> None:
    ranges = replace(ONLY_GEOMETRY, close_up_share=1)
    for seed in range(12):
        view = augmented(ventricle(), 256, ranges, np.random.default_rng(seed))
        columns = np.flatnonzero(view.masks[Structure.LEFT_VENTRICLE].any(axis=0))
        low, high = RANGES.close_up_ventricle_share
        assert low * 0.95 < (np.ptp(columns) + 1) / 256 < high * 1.05
        assert columns.mean() / view.pixels.shape[1] == pytest.approx(0.5, abs=0.15)


def test_the_same_seed_gives_the_same_view() -> None:
    first, again, other = (augmented(ventricle(), 128, RANGES, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.pixels.shape != other.pixels.shape or not np.array_equal(first.pixels, other.pixels)


def test_contrast_changes_leave_masks_alone() -> None:
    plain = augmented(ventricle(), 128, replace(RANGES, contrast_share=0), np.random.default_rng(5))
    assert plain.pixels.min() >= 0
    assert np.isfinite(plain.pixels).all()
    assert plain.masks[Structure.BLOOD_POOL].any()


def test_a_slice_beyond_the_ventricle_is_augmented_too() -> None:
    beyond = ventricle()
    beyond = replace(beyond, masks={structure: np.zeros_like(mask) for structure, mask in beyond.masks.items()})
    view = augmented(beyond, 128, RANGES, np.random.default_rng(0))
    assert not any(mask.any() for mask in view.masks.values())
