import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import pixel_index
from scarmass.domain.prompts import Point
from scarmass.inference.segmenter.clicks import obeying_clicks
from scarmass.inference.segmenter.window import native_mask, stack_window

WINDOW = stack_window((128, 128), (1.4, 1.4), HeartRegion(64, 64, 80))
GREY = np.random.default_rng(0).random((256, 256), dtype=np.float32)
FLAT = np.full((256, 256), 0.5, dtype=np.float32)
coordinates = st.floats(30, 98)


@given(
    st.lists(st.tuples(coordinates, coordinates, st.booleans()), max_size=4, unique_by=lambda p: (p[0] // 8, p[1] // 8))
)
@settings(max_examples=30)
def test_every_click_has_its_say_in_its_own_pixel(clicked: list[tuple[float, float, bool]]) -> None:
    points = [Point(*each) for each in clicked]
    logits = np.random.default_rng(1).normal(0, 8, (256, 256)).astype(np.float32)
    smooth = np.full_like(logits, logits.mean())
    mask = native_mask(obeying_clicks(smooth, points, FLAT, WINDOW), WINDOW)
    for point in points:
        apart = [other for other in points if other is not point]
        if all(np.hypot(point.x - other.x, point.y - other.y) > 6 for other in apart):
            assert mask[pixel_index(point.x, point.y, mask.shape)] == point.positive


def test_an_answer_that_obeys_is_left_alone() -> None:
    logits = np.full((256, 256), 3, dtype=np.float32)
    assert obeying_clicks(logits, [Point(64, 64, True)], GREY, WINDOW) is logits
    assert obeying_clicks(logits, [], GREY, WINDOW) is logits


def test_a_click_changes_its_surroundings_and_not_the_far_side() -> None:
    logits = np.full((256, 256), -2, dtype=np.float32)
    change = obeying_clicks(logits, [Point(64, 64, True)], FLAT, WINDOW) - logits
    assert change[128, 128] == pytest.approx(3, abs=0.05)
    assert np.abs(change[:, :60]).max() < 0.05


def test_a_click_on_bright_tissue_leaves_the_dark_beside_it() -> None:
    grey = np.zeros((256, 256), dtype=np.float32)
    grey[:, 120:] = 1
    change = obeying_clicks(np.full((256, 256), -1, dtype=np.float32), [Point(64, 64, True)], grey, WINDOW) + 1
    assert change[128, 124] > 1.5
    assert change[128, 116] < 0.01


def test_two_clicks_that_disagree_are_both_obeyed() -> None:
    points = [Point(60, 64, True), Point(68, 64, False)]
    mask = native_mask(obeying_clicks(np.zeros((256, 256), np.float32), points, FLAT, WINDOW), WINDOW)
    assert mask[64, 60]
    assert not mask[64, 68]


def test_one_pixel_clicked_both_ways_is_undecided_and_not_undefined() -> None:
    points = [Point(64, 64, True), Point(64, 64, False)]
    assert np.isfinite(obeying_clicks(np.zeros((256, 256), np.float32), points, FLAT, WINDOW)).all()
