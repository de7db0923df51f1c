"""The heart's region of a stack."""

import pytest

from scarmass.domain.left_ventricle import heart_region
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
