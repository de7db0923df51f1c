"""Views: more of slices with scar, windows off as a detector's are, the same view whenever it is asked for."""

from dataclasses import replace

import numpy as np
import pytest

from scarmass.datasets.annotated import reference_regions
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.config import CONFIG, read_config
from scarmass.training.segmenter.views import AugmentedView, fresh_view, in_another_contrast, training_views
from tests.training.segmenter.hearts import heart

SHIPPED = read_config(CONFIG)
SETTINGS = replace(SHIPPED.views, per_scar_slice=3, per_other_slice=1, per_phantom_slice=2)


def views(seed: int = 0) -> list[AugmentedView]:
    phantom = replace(heart(2), patient="another")
    return training_views([heart(0), heart(1, with_scar=False)], [phantom], SETTINGS, SHIPPED.augmentation, seed)


def test_slices_have_as_many_views_as_they_should_and_no_two_alike() -> None:
    seen = views()
    assert len(seen) == 3 + 1 + 2
    assert len({view.window for view in seen}) == len({view.name for view in seen}) == len(seen)


def test_views_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    assert [e.window for e in views()] == [e.window for e in views()]
    assert np.array_equal(views()[0].annotated.pixels, views()[0].annotated.pixels)
    assert views()[0].window != views(seed=1)[0].window


def test_another_contrast_moves_nothing() -> None:
    view = views()[0]
    other = in_another_contrast(view, SHIPPED.augmentation, np.random.default_rng(5))
    assert not np.array_equal(other.annotated.pixels, view.annotated.pixels)
    for structure in Structure:
        assert np.array_equal(other.annotated.masks[structure], view.annotated.masks[structure])


def test_a_fresh_view_of_a_slice_lies_elsewhere() -> None:
    view = views()[0]
    again = fresh_view(view, SETTINGS, SHIPPED.augmentation, np.random.default_rng(5))
    assert again.window != view.window
    assert again.source is view.source


def test_windows_lie_around_the_ventricle_by_some_diameters() -> None:
    for view in views():
        rows, columns = np.nonzero(view.annotated.masks[Structure.LEFT_VENTRICLE])
        off_mm = np.hypot(view.window.x - columns.mean(), view.window.y - rows.mean())
        assert off_mm * view.window.pixel_spacing_mm[0] < 25
        assert 1.5 * 80 <= view.window.side_mm <= 2.2 * 80


def test_a_patient_s_heart_is_where_its_reference_outline_is() -> None:
    region = reference_regions([heart(0), heart(1)])["phantom"]
    assert region is not None
    assert (region.x, region.y) == (64, 64)
    assert region.diameter_mm == pytest.approx(56 * 1.4)
