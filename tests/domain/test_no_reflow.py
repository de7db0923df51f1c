"""No-reflow is a part of the scar, whatever is drawn of either."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scarmass.domain.masks import Mask
from scarmass.domain.methods import Method, MethodName
from scarmass.domain.no_reflow import within_scar
from scarmass.domain.reading import Origin, Segment, SliceChange, SliceContent, SliceState
from scarmass.domain.structures import Structure

SHAPE = (4, 4)
masks = arrays(bool, SHAPE)


def mask(*rows: str) -> Mask:
    return np.array([[character == "x" for character in row] for row in rows])


SCAR = mask("xxx.", "xxx.", "xxx.", "....")
CORE = mask("....", ".x..", "....", "....")


def held(scar: Segment | None, core: Segment | None, state: SliceState = SliceState.PROPOSED) -> SliceContent:
    segments = {Structure.SCAR: scar, Structure.NO_REFLOW: core}
    return SliceContent(state, False, {name: one for name, one in segments.items() if one is not None})


def after(before: SliceContent, change: SliceChange) -> SliceContent:
    return within_scar(before, change).applied_to(before)


def proposed(of: Mask) -> Segment:
    return Segment(of, Origin.PROPOSED)


def painted(of: Mask) -> Segment:
    return Segment(of, Origin.PAINT)


def test_what_is_drawn_as_no_reflow_beyond_the_scar_becomes_scar_and_is_a_correction_of_it() -> None:
    wider = mask("....", ".xxx", "....", "....")
    now = after(
        held(proposed(SCAR), None, SliceState.ACCEPTED), SliceChange(segments={Structure.NO_REFLOW: painted(wider)})
    )
    assert now.scar is not None
    assert np.array_equal(now.scar.mask, SCAR | wider)
    assert (now.state, now.scar.origin) == (SliceState.EDITED, Origin.PROPOSED)
    assert np.array_equal(now.segments[Structure.NO_REFLOW].mask, wider)


def test_no_reflow_within_the_scar_leaves_the_scar_and_what_was_decided() -> None:
    before = held(proposed(SCAR), None, SliceState.ACCEPTED)
    now = after(before, SliceChange(segments={Structure.NO_REFLOW: painted(CORE)}))
    assert (now.state, now.scar) == (SliceState.ACCEPTED, before.scar)


def test_no_reflow_where_no_scar_was_is_scar() -> None:
    now = after(held(None, None), SliceChange(segments={Structure.NO_REFLOW: painted(CORE)}))
    assert now.scar is not None
    assert np.array_equal(now.scar.mask, CORE)


def test_a_method_s_scar_with_a_core_added_by_hand_is_the_method_s_no_more() -> None:
    by_method = Segment(SCAR & ~CORE, Origin.THRESHOLD, method=Method(MethodName.OTSU))
    now = after(held(by_method, None), SliceChange(segments={Structure.NO_REFLOW: painted(CORE)}))
    assert now.scar is not None
    assert (now.scar.origin, now.scar.method) == (Origin.PAINT, None)


def test_what_goes_of_the_scar_goes_of_its_no_reflow() -> None:
    before = held(painted(SCAR), painted(mask("....", ".xx.", "....", "....")))
    erased = SliceChange(SliceState.EDITED, False, {Structure.SCAR: painted(mask("xx..", "xx..", "xx..", "...."))})
    assert np.array_equal(after(before, erased).segments[Structure.NO_REFLOW].mask, CORE)
    no_scar = SliceChange(SliceState.NO_SCAR, False, {Structure.SCAR: painted(np.zeros(SHAPE, bool))})
    assert Structure.NO_REFLOW not in after(before, no_scar).segments
    assert after(before, SliceChange(SliceState.PENDING, False, {Structure.SCAR: None})).segments == {}


def test_a_scar_that_models_draw_anew_keeps_the_core_that_a_reader_drew() -> None:
    before = held(proposed(SCAR), painted(CORE))
    now = after(before, SliceChange(segments={Structure.SCAR: proposed(SCAR & ~CORE)}))
    assert now.scar is not None
    assert np.array_equal(now.scar.mask, SCAR)
    assert now.state is SliceState.PROPOSED


def test_a_rejected_core_stays_rejected() -> None:
    nothing = painted(np.zeros(SHAPE, bool))
    now = after(held(proposed(SCAR), nothing), SliceChange(segments={Structure.SCAR: painted(CORE)}))
    assert now.segments[Structure.NO_REFLOW] is nothing


@given(masks, masks, masks, st.sampled_from(Structure), st.sampled_from([Origin.PAINT, Origin.PROMPT, Origin.PROPOSED]))
def test_no_reflow_lies_within_the_scar_whatever_is_drawn(
    scar: Mask, core: Mask, drawn: Mask, structure: Structure, origin: Origin
) -> None:
    before = held(proposed(scar | core), painted(core))
    now = after(before, SliceChange(segments={structure: Segment(drawn, origin)}))
    no_reflow = now.segments.get(Structure.NO_REFLOW)
    assert now.scar is not None
    assert no_reflow is None or not (no_reflow.mask & ~now.scar.mask).any()
    if structure is not Structure.NO_REFLOW or origin is not Origin.PROPOSED:
        assert np.array_equal(now.segments[structure].mask & drawn, drawn)  # what was drawn is there


def test_other_structures_change_nothing_of_it() -> None:
    before = held(proposed(SCAR), replace(painted(CORE), score=0.5))
    change = SliceChange(segments={Structure.LEFT_VENTRICLE: painted(SCAR)})
    assert within_scar(before, change) is change
