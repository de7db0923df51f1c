"""The first look at a stack: the heart, a window in which scar is bright and healthy wall dark, base and apex."""

import numpy as np
import pytest

from scarmass.domain.opening_view import Apex, apex_of, heart_box, window_of
from scarmass.domain.prompts import Box, box_around
from scarmass.domain.protocols import SliceImage
from scarmass.domain.stack import Contrast, Slice, SliceHeader
from scarmass.domain.structures import Structure
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory

INFARCT = Scar(Territory.LAD, transmurality=0.8, half_angle=1.0, half_height=0.33)


def ventricles_of(stack: Phantom) -> list[Box | None]:
    discs = stack.masks[Structure.LEFT_VENTRICLE]
    return [box_around(disc) if disc.any() else None for disc in discs]


@pytest.mark.parametrize("contrast", Contrast)
@pytest.mark.parametrize("grey", [(1.0, 0.0), (0.3, 1400.0)], ids=["nulled", "grey"])
def test_scar_is_bright_and_healthy_wall_dark_whatever_the_grey_values(
    contrast: Contrast, grey: tuple[float, float]
) -> None:
    stack = phantom(7, scars=(INFARCT,), contrast=contrast)
    values = [pixels.astype(np.float32) * grey[0] + grey[1] for pixels in stack.pixels]
    images = [SliceImage(str(index), pixels, (1.4, 1.4)) for index, pixels in enumerate(values)]
    window = window_of(images, ventricles_of(stack))
    assert window is not None
    shown = np.clip((np.array(values) - window.low) / (window.high - window.low), 0, 1)
    scar = stack.masks[Structure.SCAR] & ~stack.masks[Structure.NO_REFLOW]
    healthy = stack.masks[Structure.LEFT_VENTRICLE] & ~stack.masks[Structure.BLOOD_POOL] & ~stack.masks[Structure.SCAR]
    assert np.median(shown[scar]) > 0.6
    assert np.median(shown[healthy]) < 0.25


def test_without_a_ventricle_or_a_contrast_there_is_no_window() -> None:
    flat = SliceImage("flat", np.ones((8, 8), np.float32), (1, 1))
    assert window_of([flat], [None]) is None
    assert window_of([flat], [Box(1, 1, 7, 7)]) is None
    assert heart_box([None, None]) is None


def test_one_wrong_box_does_not_move_the_heart() -> None:
    assert heart_box([Box(10, 10, 20, 20), None, Box(12, 10, 22, 20), Box(100, 90, 120, 99)]) == Box(12, 10, 22, 20)


def stack_at(orientation: tuple[float, ...], step: tuple[float, float, float]) -> list[Slice]:
    places = [tuple(float(number * each) for each in step) for number in range(5)]
    headers = [
        SliceHeader(str(number), 1, "1", 9, 9, "int16", place, orientation, (1, 1))  # type: ignore[arg-type]
        for number, place in enumerate(places)
    ]
    return [Slice(header) for header in headers]


SHORT_AXIS = (0.5, 0.86603, 0.0, 0.61237, -0.35355, 0.70711)
"""Its normal points to the left, forwards and downwards: from base to apex."""


def test_the_apex_is_where_the_ventricle_is_small() -> None:
    growing: list[Box | None] = [None, *(Box(0, 0, 10 + n, 10 + n) for n in range(1, 5))]
    anywhere = stack_at((1, 0, 0, 0, 1, 0), (0, 0, 8))
    assert apex_of(anywhere, growing) is Apex.FIRST
    assert apex_of(anywhere, growing[::-1]) is Apex.LAST


def test_where_its_size_says_nothing_the_apex_lies_to_the_left_forwards_and_downwards() -> None:
    normal = np.cross(SHORT_AXIS[:3], SHORT_AXIS[3:])
    unknown: list[Box | None] = [None] * 5
    along, against = ([tuple(8 * sign * normal)] for sign in (1, -1))
    assert apex_of(stack_at(SHORT_AXIS, along[0]), unknown) is Apex.LAST
    assert apex_of(stack_at(SHORT_AXIS, against[0]), unknown) is Apex.FIRST
    assert apex_of(stack_at((1, 0, 0, 0, 1, 0), (0, 0, 8)), unknown) is None
