"""The heart's region of a stack."""

import pytest

from scarmass.domain.left_ventricle import HeartRegion, expected_box, heart_region
from scarmass.domain.prompts import Box


def test_without_boxes_there_is_no_region() -> None:
    assert heart_region([], (1.0, 1.0)) is None


def test_one_wrong_box_among_many_does_not_move_the_region() -> None:
    boxes = [Box(40, 50, 80, 90)] * 6 + [Box(200, 200, 220, 220)]
    region = heart_region(boxes, (1.5, 1.5))
    assert region is not None
    assert (region.x, region.y) == (60, 70)
    assert region.diameter_mm == pytest.approx(60)


def test_the_diameter_is_in_mm_on_pixels_that_are_not_square() -> None:
    region = heart_region([Box(0, 0, 40, 20)], pixel_spacing_mm=(3.0, 1.0))
    assert region is not None
    assert region.diameter_mm == pytest.approx(60)


def moving(index: int) -> Box:
    """Boxes of a ventricle that tapers and lies further on from slice to slice."""
    return Box(40 + 2 * index, 50 + index, 90 - index, 100 - 2 * index)


@pytest.mark.parametrize("index", [0, 3, 6])
def test_a_missing_box_goes_on_with_the_slices_beside_it(index: int) -> None:
    known = {other: moving(other) for other in range(7) if other != index}
    expected = expected_box(known, index)
    assert expected is not None
    assert (expected.x0, expected.y0, expected.x1, expected.y1) == pytest.approx(
        (40 + 2 * index, 50 + index, 90 - index, 100 - 2 * index)
    )


def test_two_boxes_make_no_line_and_one_that_shrinks_to_nothing_is_none() -> None:
    assert expected_box({1: moving(1), 2: moving(2)}, 0) is None
    assert expected_box({other: moving(other) for other in range(4)}, 30) is None


def test_a_box_belongs_to_the_heart_where_its_middle_lies_within_it() -> None:
    region = HeartRegion(60, 70, diameter_mm=60)
    assert region.holds(Box(70, 60, 110, 80), (1.0, 1.0))
    assert not region.holds(Box(71, 60, 111, 80), (1.0, 1.0))
    assert not region.holds(Box(70, 60, 110, 80), (1.0, 1.1))
