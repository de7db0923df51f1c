"""No-reflow is a part of the scar, whatever is drawn of either."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scarmass.domain.masks import Mask
from scarmass.domain.methods import Method, MethodName
from scarmass.domain.no_reflow import dark_cores, is_to_be_proposed, with_proposal, within_scar
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


def disc(x: float, y: float, radius: float) -> Mask:
    row, column = np.mgrid[:40, :40] + 0.5
    return np.hypot(column - x, row - y) < radius


VENTRICLE, BLOOD = disc(20, 20, 18), disc(20, 20, 8)
ANTERIOR = VENTRICLE & ~BLOOD & (np.mgrid[:40, :40][0] < 20)
REMOTE_SIGNAL, BLOOD_SIGNAL, SCAR_SIGNAL = 10.0, 70.0, 100.0


def signal(core: Mask, scar: Mask = ANTERIOR, of_core: float = 20.0) -> np.ndarray:
    pixels = np.where(VENTRICLE & ~BLOOD, REMOTE_SIGNAL, 5.0)
    pixels[BLOOD], pixels[scar], pixels[core] = BLOOD_SIGNAL, SCAR_SIGNAL, of_core
    return pixels


def found(pixels: np.ndarray, scar: Mask = ANTERIOR, spacing_mm: float = 1.5) -> Mask:
    return dark_cores(pixels, scar, VENTRICLE, BLOOD, (spacing_mm, spacing_mm))


ENCLOSED, BETWEEN = disc(20, 7, 2.5), disc(20, 10.5, 2.5) & ~BLOOD


@pytest.mark.parametrize("core", [ENCLOSED, BETWEEN], ids=["enclosed by scar", "between scar and blood"])
@pytest.mark.parametrize("is_in_scar", [True, False], ids=["within its outline", "left out of it"])
@pytest.mark.parametrize("zero", [0.0, -60.0], ids=["magnitude", "phase sensitive"])
def test_a_dark_core_is_found(core: Mask, is_in_scar: bool, zero: float) -> None:
    scar = ANTERIOR if is_in_scar else ANTERIOR & ~core
    assert np.array_equal(found(signal(core) + zero, scar), core)


def test_dark_is_below_half_of_the_way_from_remote_myocardium_to_bright_scar() -> None:
    assert found(signal(ENCLOSED, of_core=54.9)).any()
    assert not found(signal(ENCLOSED, of_core=55.1)).any()


def test_the_dark_border_of_a_scar_beside_remote_myocardium_is_no_core() -> None:
    border = ANTERIOR & ~disc(20, 20, 15)
    assert not found(signal(border)).any()


def test_what_blood_alone_surrounds_and_specks_are_no_cores() -> None:
    papillary = disc(20, 22, 2)
    assert not found(signal(papillary)).any()
    assert found(signal(disc(20, 7, 1.2)), spacing_mm=2.5).any()
    assert not found(signal(disc(20, 7, 1.2)), spacing_mm=1.0).any()


def test_a_scar_that_lies_mostly_outside_the_wall_tells_of_no_core() -> None:
    misplaced = disc(34, 34, 6) | disc(30, 30, 3)
    core = disc(34, 34, 2)
    assert not found(signal(core, misplaced), misplaced).any()


def test_without_scar_or_remote_myocardium_there_is_none() -> None:
    assert not found(signal(ENCLOSED), np.zeros((40, 40), bool)).any()
    whole = VENTRICLE & ~BLOOD
    assert not found(signal(ENCLOSED, whole), whole).any()


def test_a_proposed_core_counts_in_a_proposed_scar_and_never_enlarges_what_a_reader_drew() -> None:
    beyond = mask("....", ".xxx", "....", "....")
    change = SliceChange(SliceState.PROPOSED, False, {Structure.SCAR: proposed(SCAR)})
    segments = with_proposal(SliceContent(), change, beyond).segments
    scar, core = segments[Structure.SCAR], segments[Structure.NO_REFLOW]
    assert scar is not None
    assert core is not None
    assert np.array_equal(scar.mask, SCAR | beyond)
    assert (core.origin, core.mask.sum()) == (Origin.PROPOSED, 3)
    drawn = SliceChange(SliceState.EDITED, False, {Structure.SCAR: Segment(SCAR, Origin.PROMPT)})
    segments = with_proposal(SliceContent(), drawn, beyond).segments
    scar, core = segments[Structure.SCAR], segments[Structure.NO_REFLOW]
    assert scar is not None
    assert core is not None
    assert np.array_equal(scar.mask, SCAR)
    assert np.array_equal(core.mask, SCAR & beyond)


@pytest.mark.parametrize(
    ("core", "state", "is_proposed"),
    [
        (None, SliceState.ACCEPTED, True),
        (proposed(CORE), SliceState.PROPOSED, True),
        (proposed(CORE), SliceState.ACCEPTED, False),
        (painted(CORE), SliceState.PROPOSED, False),
        (painted(np.zeros(SHAPE, bool)), SliceState.PROPOSED, False),
    ],
)
def test_cores_are_proposed_until_a_reader_has_a_word_on_them(
    core: Segment | None, state: SliceState, is_proposed: bool
) -> None:
    before = held(proposed(SCAR), core, state)
    assert is_to_be_proposed(before, SliceChange(segments={Structure.SCAR: proposed(SCAR)})) is is_proposed
    assert not is_to_be_proposed(before, SliceChange(segments={Structure.SCAR: painted(SCAR)}))
