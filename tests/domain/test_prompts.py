"""Boxes and points, and which belongs to which."""

import math

import numpy as np
import pytest

from scarmass.domain.errors import PromptInvalid, PromptOutsideImage
from scarmass.domain.prompts import Box, Point, Prompt, box_around, within


@pytest.mark.parametrize("corners", [(5, 0, 5, 9), (0, 9, 5, 3), (0, 0, math.inf, 1), (math.nan, 0, 1, 1)])
def test_a_box_without_area_cannot_be_made(corners: tuple) -> None:
    with pytest.raises(PromptInvalid):
        Box(*corners)


def test_a_prompt_beyond_the_pixels_is_refused_and_one_on_the_edge_is_not() -> None:
    Prompt(boxes=(Box(0, 0, 30, 20),), points=(Point(30, 20, True),)).require_inside(rows=20, columns=30)
    with pytest.raises(PromptOutsideImage):
        Prompt(points=(Point(30.1, 1, True),)).require_inside(rows=20, columns=30)
    with pytest.raises(PromptOutsideImage):
        Prompt(boxes=(Box(-1, 0, 3, 3),)).require_inside(rows=20, columns=30)


def test_a_box_around_a_mask_has_its_sides_moved_by_shares_of_it() -> None:
    mask = np.zeros((100, 100), dtype=bool)
    mask[20:40, 30:70] = True
    assert box_around(mask, 0) == Box(30, 20, 70, 40)
    assert box_around(mask, 0.1) == Box(26, 18, 74, 42)
    assert box_around(mask, np.array([0.0, -0.05, 1.0, 0.0])) == Box(30, 21, 100, 40)


def test_pixels_are_within_a_box_by_their_centres() -> None:
    assert within(Box(0.4, 0, 2.4, 1), (2, 4)).tolist() == [[True, True, False, False], [False] * 4]
    assert not within(Box(0.6, 0.6, 1.4, 1.4), (3, 3)).any()
