"""Views: more of slices with scar, windows off as a detector's are, the same view whenever it is asked for."""

from dataclasses import replace

import numpy as np
import pytest

from scarmass.datasets.annotated import reference_regions
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.samples import (
    Example,
    in_another_contrast,
    seen_again,
    training_examples,
)
from scarmass.training.segmenter.train import CONFIG, read_config
from tests.training.segmenter.hearts import heart

MATERIAL = read_config(CONFIG).material
VIEWS = replace(MATERIAL.views, scar_slices=3, other_slices=1, phantom_slices=2)


def examples(seed: int = 0) -> list[Example]:
    phantom = replace(heart(2), patient="another")
    return training_examples([heart(0), heart(1, with_scar=False)], [phantom], VIEWS, MATERIAL.augmentation, seed)


def test_slices_are_seen_as_often_as_they_should_be_and_never_alike() -> None:
    seen = examples()
    assert len(seen) == 3 + 1 + 2
    assert len({example.window for example in seen}) == len({example.name for example in seen}) == len(seen)


def test_views_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert [e.window for e in examples()] == [e.window for e in examples()]
    assert np.array_equal(examples()[0].annotated.pixels, examples()[0].annotated.pixels)
    assert examples()[0].window != examples(seed=1)[0].window


def test_another_contrast_moves_nothing() -> None:
    example = examples()[0]
    other = in_another_contrast(example, MATERIAL.augmentation, np.random.default_rng(5))
    assert not np.array_equal(other.annotated.pixels, example.annotated.pixels)
    for structure in Structure:
        assert np.array_equal(other.annotated.masks[structure], example.annotated.masks[structure])


def test_a_slice_seen_again_lies_elsewhere() -> None:
    example = examples()[0]
    again = seen_again(example, VIEWS, MATERIAL.augmentation, np.random.default_rng(5))
    assert again.window != example.window
    assert again.source is example.source


def test_windows_lie_around_the_ventricle_by_some_diameters() -> None:
    for example in examples():
        rows, columns = np.nonzero(example.annotated.masks[Structure.LEFT_VENTRICLE])
        off_mm = np.hypot(example.window.x - columns.mean(), example.window.y - rows.mean())
        assert off_mm * example.window.pixel_spacing_mm[0] < 25
        assert 1.5 * 80 <= example.window.side_mm <= 2.2 * 80


def test_a_patient_s_heart_is_where_its_reference_outline_is() -> None:
    region = reference_regions([heart(0), heart(1)])["phantom"]
    assert region is not None
    assert (region.x, region.y) == (64, 64)
    assert region.diameter_mm == pytest.approx(56 * 1.4)
