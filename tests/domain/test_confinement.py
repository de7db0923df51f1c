"""Scar within the wall: what models add is confined to it, and a reader's word is not; proposed blood gives way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scarmass.domain.confinement import confined, given_way
from scarmass.domain.masks import Mask
from scarmass.domain.papillary import put_back, taken_out
from scarmass.domain.prompts import Point
from scarmass.domain.reading import Origin, Segment, SliceContent
from scarmass.domain.structures import Structure

SHAPE = (6, 6)
masks = arrays(bool, SHAPE)


def mask(*rows: str) -> Mask:
    return np.array([[character == "x" for character in row] for row in rows])


VENTRICLE = mask("......", ".xxxx.", ".xxxx.", ".xxxx.", ".xxxx.", "......")
BLOOD = mask("......", "......", "..xx..", "..xx..", "......", "......")
WALL = VENTRICLE & ~BLOOD
CONTOURS = {
    Structure.LEFT_VENTRICLE: Segment(VENTRICLE, Origin.PROPOSED),
    Structure.BLOOD_POOL: Segment(BLOOD, Origin.CONTOUR),
}
PROPOSED = CONTOURS | {Structure.BLOOD_POOL: Segment(BLOOD, Origin.PROPOSED)}
SPILLING = mask("xx....", "xx....", "xxx...", "......", "......", "......")


def within(scar: Segment, before: Mask | None = None) -> Mask:
    content = SliceContent(segments={} if before is None else {Structure.SCAR: Segment(before, Origin.PROPOSED)})
    return confined(scar, content, CONTOURS).mask


def test_a_proposal_keeps_to_the_wall() -> None:
    assert np.array_equal(within(Segment(SPILLING, Origin.PROPOSED)), SPILLING & WALL)


def test_beside_a_proposed_blood_pool_it_keeps_to_the_ventricle() -> None:
    assert np.array_equal(
        confined(Segment(SPILLING, Origin.PROPOSED), SliceContent(), PROPOSED).mask, SPILLING & VENTRICLE
    )


def test_a_click_in_the_wall_adds_within_it_and_takes_nothing_away_that_was_beyond() -> None:
    before = mask("......", "......", "......", "......", "......", ".....x")
    clicked = Segment(SPILLING | before, Origin.PROMPT, points=(Point(1.5, 1.5, True),))
    assert np.array_equal(within(clicked, before), (SPILLING & WALL) | before)


def test_a_click_beyond_the_wall_adds_all_that_hangs_together_with_it() -> None:
    clicked = Segment(SPILLING, Origin.PROMPT, points=(Point(0.5, 0.5, True),))
    assert np.array_equal(within(clicked), SPILLING)


def test_a_box_that_is_drawn_beyond_the_wall_adds_what_is_answered_there() -> None:
    beyond = mask("......", "......", "......", "......", "......", "xx....")
    assert np.array_equal(within(Segment(beyond, Origin.PROMPT)), beyond)


@pytest.mark.parametrize("origin", [Origin.PAINT, Origin.THRESHOLD])
def test_what_a_reader_paints_or_adopts_is_never_clipped(origin: Origin) -> None:
    assert np.array_equal(within(Segment(SPILLING, origin)), SPILLING)


def test_nothing_is_confined_where_a_contour_is_missing() -> None:
    scar = Segment(SPILLING, Origin.PROPOSED)
    ventricle_alone = {Structure.LEFT_VENTRICLE: CONTOURS[Structure.LEFT_VENTRICLE]}
    assert confined(scar, SliceContent(), ventricle_alone) is scar


@given(masks, masks, st.floats(0, 5.99), st.floats(0, 5.99))
def test_confined_or_not_a_positive_click_takes_nothing_away_and_shows(
    before: Mask, answer: Mask, x: float, y: float
) -> None:
    answer = answer | before
    answer[int(y), int(x)] = True
    now = within(Segment(answer, Origin.PROMPT, points=(Point(x, y, True),)), before)
    assert not (before & ~now).any()
    assert now[int(y), int(x)]
    assert not (now & ~answer).any()


@given(masks, masks, masks)
def test_a_blood_pool_gives_way_to_each_scar_in_turn_and_has_all_of_it_back(
    first: Mask, second: Mask, muscles: Mask
) -> None:
    nothing = np.zeros(SHAPE, bool)
    whole = taken_out(Segment(BLOOD, Origin.PROPOSED), BLOOD & muscles)
    given = given_way(whole, first, VENTRICLE)
    assert np.array_equal(given.mask, whole.mask & ~first)
    again = given_way(given, second, VENTRICLE)
    assert np.array_equal(again.mask, whole.mask & ~second)
    assert np.array_equal(put_back(again, VENTRICLE).mask, BLOOD & ~second)
    assert np.array_equal(given_way(again, nothing, VENTRICLE).mask, whole.mask)
    assert np.array_equal(given_way(put_back(again, VENTRICLE), nothing, VENTRICLE).mask, BLOOD)


def test_a_blood_pool_has_back_what_it_gave_as_far_as_the_ventricle_goes() -> None:
    given = given_way(Segment(BLOOD, Origin.PROPOSED), SPILLING, VENTRICLE)
    smaller = VENTRICLE & ~SPILLING
    assert np.array_equal(given_way(given, np.zeros(SHAPE, bool), smaller).mask, BLOOD & ~SPILLING)
    assert given_way(given, SPILLING, VENTRICLE) is given
