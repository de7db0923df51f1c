"""What is said of where a scar lies, over scars within the ventricle, beyond it and in its blood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.masks import Mask
from scarmass.domain.placement import BLOOD_EROSION_MM, MARGIN_MM, misplaced
from scarmass.domain.prompts import Box, within
from scarmass.domain.structures import is_speck

SHAPE = (90, 110)
SPACING_MM = (1.5, 1.2)
VENTRICLE = Box(40, 30, 80, 65)
MARGIN = (MARGIN_MM / SPACING_MM[1], MARGIN_MM / SPACING_MM[0])
"""Along columns and along rows, in pixels."""
NOTHING = np.zeros(SHAPE, bool)


def disc(x: float, y: float, radius_mm: float) -> Mask:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    return np.hypot((columns - x) * SPACING_MM[1], (rows - y) * SPACING_MM[0]) <= radius_mm


CENTRE = VENTRICLE.centre
BLOOD = disc(*CENTRE, 15)
radii_mm = st.floats(3.5, 8)


def boxes_within(outer: Box) -> st.SearchStrategy[Box]:
    def boxed(x: float, y: float, width: float, height: float) -> Box:
        return Box(x, y, min(x + width, outer.x1), min(y + height, outer.y1))

    return st.builds(
        boxed,
        st.floats(outer.x0, outer.x1 - 6),
        st.floats(outer.y0, outer.y1 - 6),
        st.floats(5.9, 40),
        st.floats(5.9, 40),
    )


@given(boxes_within(VENTRICLE))
def test_a_scar_in_the_ventricles_box_lies_in_the_ventricle(box: Box) -> None:
    found = misplaced(within(box, SHAPE), VENTRICLE, None, SPACING_MM)
    assert found.mask is None
    assert found.warnings(lambda _: "some") == ()


@given(st.sampled_from(["left", "right", "above", "below"]), radii_mm)
def test_a_scar_beyond_the_margin_lies_outside_whatever_is_blood(side: str, radius_mm: float) -> None:
    x, y = CENTRE
    across, down = radius_mm / SPACING_MM[1] + 1, radius_mm / SPACING_MM[0] + 1
    at = {
        "left": (VENTRICLE.x0 - MARGIN[0] - across, y),
        "right": (VENTRICLE.x1 + MARGIN[0] + across, y),
        "above": (x, VENTRICLE.y0 - MARGIN[1] - down),
        "below": (x, VENTRICLE.y1 + MARGIN[1] + down),
    }[side]
    scar = disc(*at, radius_mm)
    found = misplaced(scar, VENTRICLE, ~NOTHING, SPACING_MM)
    assert np.array_equal(found.outside, scar)
    assert not found.in_blood.any()


@given(radii_mm, radii_mm)
def test_only_the_part_that_lies_outside_is_spoken_of(inner_mm: float, outer_mm: float) -> None:
    stray = disc(10, 8, outer_mm)
    found = misplaced(disc(*CENTRE, inner_mm) | stray, VENTRICLE, None, SPACING_MM)
    assert np.array_equal(found.outside, stray)
    assert found.warnings(lambda part: f"{part.sum()} pixels") == (
        f"{stray.sum()} pixels of the scar lie outside the left ventricle",
    )


def test_a_speck_is_not_spoken_of() -> None:
    speck = disc(10, 8, 2)
    assert is_speck(speck, SPACING_MM)
    assert misplaced(speck, VENTRICLE, BLOOD, SPACING_MM).mask is None


@given(st.floats(3.5, 12))
def test_a_scar_deep_in_the_blood_is_spoken_of(radius_mm: float) -> None:
    scar = disc(*CENTRE, radius_mm)
    found = misplaced(scar, VENTRICLE, BLOOD, SPACING_MM)
    assert np.array_equal(found.in_blood, scar)
    assert found.warnings(lambda _: "1.0 g") == ("1.0 g of the scar lie in the blood pool",)
    assert misplaced(scar, VENTRICLE, None, SPACING_MM).mask is None


@given(st.floats(0, BLOOD_EROSION_MM), st.floats(0, 360), st.floats(20, 180))
def test_scar_under_the_endocardium_is_not_though_the_outline_of_blood_is_that_wrong(
    error_mm: float, towards: float, width: float
) -> None:
    """The wall from the blood's true border outwards, and blood outlined too large by as much as is allowed for."""
    wall = disc(*CENTRE, 24) & ~BLOOD
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    angle = np.degrees(np.arctan2(rows - CENTRE[1], columns - CENTRE[0]))
    sector = np.abs((angle - towards + 180) % 360 - 180) <= width / 2
    scar = wall & sector & disc(*CENTRE, 19)
    found = misplaced(scar, VENTRICLE, disc(*CENTRE, 15 + error_mm), SPACING_MM)
    assert found.mask is None


@pytest.mark.parametrize("blood", [None, BLOOD])
def test_where_nothing_is_outlined_nothing_is_said(blood: Mask | None) -> None:
    assert misplaced(NOTHING, VENTRICLE, blood, SPACING_MM).mask is None
