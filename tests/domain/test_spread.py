"""How unsure a mass is: the spread of slices, of many together, and which of them to check first."""

from dataclasses import replace
from math import hypot, isclose

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from scarmass.domain.prompts import Box, Point
from scarmass.domain.reading import DECIDED_STATES, HAND_MADE, Origin, Segment, SliceContent, SliceState
from scarmass.domain.spread import (
    JITTER,
    LEAST_G,
    LEAST_SHARE,
    MOST_TO_CHECK,
    Spread,
    Unsure,
    check_first,
    is_drawn_by_model,
    jittered,
    spread_mass,
    spread_of_areas,
    together,
)
from scarmass.domain.stack import Slice
from scarmass.domain.structures import Structure
from tests.domain.test_outcome import image

areas = st.floats(0, 5000)
amounts = st.floats(0, 100)
spreads = st.builds(Spread, amounts, amounts)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0 = draw(st.floats(0, 90)), draw(st.floats(0, 70))
    return Box(x0, y0, x0 + draw(st.floats(2, 10)), y0 + draw(st.floats(2, 10)))


@given(areas, st.integers(0, 4))
def test_where_all_answers_agree_there_is_no_spread(area: float, count: int) -> None:
    assert isclose(spread_of_areas(area, area, [area] * count).whole, 0, abs_tol=1e-9)


@given(areas, areas, st.lists(areas, max_size=5))
def test_a_slices_spread_is_at_least_half_of_what_sensitivity_moves_and_at_least_what_boxes_move(
    less: float, more: float, others: list[float]
) -> None:
    whole = spread_of_areas(less, more, others).whole
    assert whole >= abs(more - less) / 2
    assert whole >= (np.std(others) if others else 0) * (1 - 1e-12)


@given(st.lists(spreads, min_size=1, max_size=6))
def test_slices_together_are_at_least_as_unsure_as_each_and_at_most_as_all_in_step(parts: list[Spread]) -> None:
    whole = together(parts).whole
    assert whole >= max(one.whole for one in parts) - 1e-9
    assert whole <= sum(one.whole for one in parts) + 1e-9


def test_sensitivity_adds_up_over_slices_and_boxes_in_quadrature() -> None:
    assert together([Spread(3, 0), Spread(4, 0)]).whole == 7
    assert together([Spread(0, 3), Spread(0, 4)]).whole == 5


def test_grams_are_those_of_each_slices_own_extent_and_absent_where_one_lacks_it() -> None:
    one = image(1, 0.0)
    thick = Slice(replace(one.header, slice_thickness_mm=8.0), 10.0)
    thin = Slice(replace(one.header, slice_thickness_mm=4.0), None)
    mass = spread_mass([(thick, Spread(100, 30)), (thin, Spread(50, 80))], 1.05)
    assert mass.by_slice_spacing is None
    assert mass.by_slice_thickness is not None
    expected = hypot(100 * 8 + 50 * 4, hypot(30 * 8, 80 * 4)) * 1.05e-3
    assert isclose(mass.by_slice_thickness.mass_g, expected)
    alone = spread_mass([(thick, Spread(100, 0))], 1.05)
    assert alone.by_slice_spacing is not None
    assert isclose(alone.by_slice_spacing.mass_g, 1.05)


@given(st.lists(boxes(), min_size=1, max_size=4))
def test_jittered_boxes_are_the_same_at_every_call_near_and_on_the_image(drawn: list[Box]) -> None:
    sets = jittered(drawn, (80, 100))
    assert sets == jittered(drawn, (80, 100))
    assert len(set(sets)) == len(sets)
    for each in sets:
        for box, moved in zip(drawn, each, strict=True):
            assert abs(moved.x0 - box.x0) <= JITTER * (box.x1 - box.x0) + 1e-9
            assert abs(moved.y1 - box.y1) <= JITTER * (box.y1 - box.y0) + 1e-9
            assert 0 <= moved.x0 < moved.x1 <= 100
            assert 0 <= moved.y0 < moved.y1 <= 80


def test_without_boxes_there_is_nothing_to_jitter() -> None:
    assert jittered([], (80, 100)) == []


@given(st.sampled_from(Origin), st.sampled_from(SliceState), st.booleans(), st.booleans())
def test_only_what_a_model_drew_and_what_counts_is_unsure(
    origin: Origin, state: SliceState, has_box: bool, has_point: bool
) -> None:
    scar = Segment(
        np.ones((4, 4), bool),
        origin,
        (Box(0, 0, 2, 2),) if has_box else (),
        (Point(1, 1, True),) if has_point else (),
    )
    is_excluded = state is SliceState.EXCLUDED
    decision = SliceState.ACCEPTED if is_excluded else state
    is_unsure = is_drawn_by_model(SliceContent(decision, is_excluded, {Structure.SCAR: scar}))
    counts = state not in (SliceState.NO_SCAR, SliceState.EXCLUDED)
    assert is_unsure == (counts and origin not in HAND_MADE and (has_box or has_point))
    assert not is_drawn_by_model(SliceContent(state))


unsure = st.builds(Unsure, st.tuples(st.text(max_size=3), st.just(1)), st.sampled_from(SliceState), amounts, amounts)


@given(st.lists(unsure, max_size=8, unique_by=lambda one: one.key))
def test_undecided_slices_worth_a_look_come_the_most_unsure_first(slices: list[Unsure]) -> None:
    by_key = {one.key: one for one in slices}
    chosen = [by_key[key] for key in check_first(slices)]
    assert len(chosen) <= MOST_TO_CHECK
    assert [one.spread_g for one in chosen] == sorted((one.spread_g for one in chosen), reverse=True)
    for one in chosen:
        assert one.state not in DECIDED_STATES
        assert one.spread_g >= LEAST_G
        assert one.spread_g >= LEAST_SHARE * one.mass_g
    left_out = [one for one in slices if one not in chosen and one.state not in DECIDED_STATES]
    assume(len(chosen) < MOST_TO_CHECK)
    assert all(one.spread_g < max(LEAST_G, LEAST_SHARE * one.mass_g) for one in left_out)
