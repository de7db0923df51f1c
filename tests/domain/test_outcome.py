"""What each kind of edit makes of a slice: the table of states that the page's own implementation passes as well."""

import json
import uuid
from pathlib import Path

import numpy as np
import pytest

import tests
from scarmass.domain import edits as kinds
from scarmass.domain import errors
from scarmass.domain.edits import (
    AcceptAllEdit,
    ClearEdit,
    Edit,
    ExcludeAllEdit,
    IncludeAllEdit,
    PaintEdit,
    PromptEdit,
    RemovePartEdit,
    SensitivityEdit,
    TakeOverEdit,
)
from scarmass.domain.outcome import Outcome, apply, drawn_by
from scarmass.domain.prompts import Box, Point
from scarmass.domain.reading import (
    DECIDED_STATES,
    Origin,
    Reading,
    Segment,
    Sensitivity,
    SliceChange,
    SliceContent,
    SliceState,
    fold,
)
from scarmass.domain.stack import Growth, Slice, SliceHeader
from scarmass.domain.structures import Structure

TABLE = json.loads((Path(str(tests.__file__)).parent / "data" / "slice_states.json").read_text())
SHAPE = (6, 5)
MASK = np.eye(*SHAPE, dtype=bool)
BOX, INSIDE, ALSO = Box(1, 1, 4, 4), Point(2.5, 2.5, True), Point(1.5, 1.5, False)


def image(number: int, z_mm: float) -> Slice:
    header = SliceHeader(f"1.2.{number}", 1, "1.2", *SHAPE, "int16", (0, 0, z_mm), (1, 0, 0, 0, 1, 0), (1, 1), 8)
    return Slice(header, 10.0)


IMAGE = image(1, 0)
KEY = IMAGE.key
ANSWER = {KEY: Segment(~MASK, Origin.PROMPT, (BOX,))}


def reading(content: SliceContent) -> Reading:
    return Reading(uuid.uuid4(), "stack", (IMAGE,), contents={KEY: content})


def after(content: SliceContent, edit: Edit) -> SliceContent:
    outcome = apply(reading(content), edit, ANSWER, None)
    return fold([{KEY: change_to(content)}, outcome.changes])[KEY]


def change_to(content: SliceContent) -> SliceChange:
    return SliceChange(content.decision, content.is_excluded, content.segments)


def content_of(told: dict) -> SliceContent:
    is_excluded = told["state"] == "excluded"
    segments = {Structure.SCAR: Segment(MASK, Origin.PROPOSED)} if told["has_mask"] else {}
    return SliceContent(SliceState(told["state_before"] if is_excluded else told["state"]), is_excluded, segments)


def edit_of(kind: str) -> Edit:
    match kind:
        case "prompt":
            return PromptEdit(KEY, (BOX,))
        case "paint":
            return PaintEdit(KEY, MASK)
        case "remove_part":
            return RemovePartEdit(KEY, 0.5, 0.5)
        case _:
            return getattr(kinds, kind.title().replace("_", "") + "Edit")(KEY)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['kind']} on {row['before']['state']}")
def test_the_table_of_slice_states_holds(row: dict) -> None:
    before = content_of(row["before"])
    if "refused" in row:
        with pytest.raises(getattr(errors, row["refused"])):
            after(before, edit_of(row["kind"]))
        return
    now = after(before, edit_of(row["kind"]))
    assert (now.state, now.state_before) == (row["after"]["state"], row["after"]["state_before"])
    assert (now.scar is not None) == row["after"]["has_mask"]
    assert (now.state in DECIDED_STATES) == row["after"]["is_decided"]
    assert reading(now).reviewed == int(row["after"]["is_decided"])


def test_several_slices_are_accepted_in_one_step_or_none_is() -> None:
    proposed = SliceContent(SliceState.PROPOSED, segments={Structure.SCAR: Segment(MASK, Origin.PROPOSED)})
    two = (image(1, 0), image(2, 10))
    of_two = Reading(uuid.uuid4(), "stack", two, contents={one.key: proposed for one in two})
    accepted = apply(of_two, AcceptAllEdit(of_two.keys), {}, None).changes
    assert {key: change.decision for key, change in accepted.items()} == dict.fromkeys(of_two.keys, "accepted")
    with pytest.raises(errors.NothingToAccept):
        apply(Reading(uuid.uuid4(), "stack", two, contents={KEY: proposed}), AcceptAllEdit(of_two.keys), {}, None)


def test_slices_at_an_end_are_left_out_in_one_step_and_come_back_as_they_were_or_none_does() -> None:
    accepted = SliceContent(SliceState.ACCEPTED, segments={Structure.SCAR: Segment(MASK, Origin.PROPOSED)})
    two = (image(1, 0), image(2, 10))
    of_two = Reading(uuid.uuid4(), "stack", two, contents={one.key: accepted for one in two})
    out = apply(of_two, ExcludeAllEdit(of_two.keys)).changes
    without = Reading(uuid.uuid4(), "stack", two, contents=fold([{k: change_to(accepted) for k in of_two.keys}, out]))
    assert without.counting(Structure.SCAR) == {}
    back = fold(
        [
            {key: change_to(without.content(key)) for key in without.keys},
            apply(without, IncludeAllEdit(without.keys)).changes,
        ]
    )
    assert {key: content.state for key, content in back.items()} == dict.fromkeys(of_two.keys, "accepted")
    with pytest.raises(errors.NotExcluded):
        apply(of_two, IncludeAllEdit(of_two.keys))


def test_other_structures_than_scar_leave_the_state_and_the_scar_as_they_are() -> None:
    proposed = SliceContent(SliceState.PROPOSED, segments={Structure.SCAR: Segment(MASK, Origin.PROPOSED)})
    painted = after(proposed, PaintEdit(KEY, ~MASK, Structure.LEFT_VENTRICLE))
    assert painted.state is SliceState.PROPOSED
    assert set(painted.segments) == {Structure.SCAR, Structure.LEFT_VENTRICLE}
    assert painted.scar is proposed.scar
    cleared = after(painted, ClearEdit(KEY, Structure.LEFT_VENTRICLE))
    assert (cleared.state, set(cleared.segments)) == (SliceState.PROPOSED, {Structure.SCAR})


def test_what_is_drawn_is_asked_at_the_reading_s_sensitivity() -> None:
    generous = Reading(uuid.uuid4(), "stack", (IMAGE,), sensitivity=Sensitivity(2.5))
    drawn = drawn_by(generous, PromptEdit(KEY, (BOX,), (INSIDE, ALSO)))
    assert (drawn.boxes, drawn.points, drawn.sensitivity) == ((BOX,), (INSIDE, ALSO), 2.5)
    with pytest.raises(errors.PromptOutsideImage):
        drawn_by(generous, PromptEdit(KEY, (Box(0, 0, 6, 6),)))


def test_a_part_is_removed_with_what_was_drawn_for_it_and_nowhere_else() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[1, 1] = mask[4, 3] = True
    other = Box(2.5, 3.5, 4.5, 5.5)
    drawn = SliceContent(
        SliceState.ACCEPTED, segments={Structure.SCAR: Segment(mask, Origin.PROMPT, (Box(0, 0, 2, 2), other))}
    )
    now = after(drawn, RemovePartEdit(KEY, 1.5, 1.5))
    assert now.scar is not None
    assert (now.state, now.scar.boxes, now.scar.mask.sum()) == (SliceState.EDITED, (other,), 1)
    with pytest.raises(errors.NothingToRemove):
        after(now, RemovePartEdit(KEY, 1.5, 1.5))


def test_another_sensitivity_draws_what_is_answered_anew_and_decides_nothing() -> None:
    proposed = SliceContent(SliceState.PROPOSED, segments={Structure.SCAR: Segment(MASK, Origin.PROPOSED, (BOX,))})
    outcome = apply(reading(proposed), SensitivityEdit(3.0, follows=False), ANSWER, None)
    assert outcome.sensitivity == Sensitivity(3.0, follows=False)
    now = fold([{KEY: change_to(proposed)}, outcome.changes])[KEY]
    assert (now.state, now.scar) == (SliceState.PROPOSED, ANSWER[KEY])
    with pytest.raises(errors.SensitivityInvalid):
        SensitivityEdit(99.0, follows=False)


def test_a_painted_mask_has_the_size_of_its_slice() -> None:
    with pytest.raises(errors.MaskShapeMismatch):
        after(SliceContent(), PaintEdit(KEY, np.ones((3, 3), bool)))


def test_an_edit_names_a_slice_of_the_reading() -> None:
    with pytest.raises(errors.SliceNotInStack):
        apply(reading(SliceContent()), ClearEdit(("9.9", 1)), {}, None)


def test_slices_that_are_taken_over_find_their_place_and_the_others_keep_theirs() -> None:
    own = Reading(uuid.uuid4(), "stack", (image(1, 0), image(2, 20)))
    outcome = apply(own, TakeOverEdit(), {}, Growth(2, (image(3, 10), image(4, 30))))
    assert isinstance(outcome, Outcome)
    assert outcome.slices is not None
    assert [one.header.position_mm[2] for one in outcome.slices] == [0, 10, 20, 30]
    assert [one.slice_spacing_mm for one in outcome.slices] == [10, 10, 10, 10]
    with pytest.raises(errors.NothingToTakeOver):
        apply(own, TakeOverEdit(), {}, Growth(1, ()))
