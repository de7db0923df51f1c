"""A reader's edits: checked, answered by the models where it must be, stored and committed before it is told."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy.orm import Session

from scarmass.domain.correction import redrawn
from scarmass.domain.edits import (
    Edit,
    EditRequest,
    ExchangeEdit,
    ImportEdit,
    PromptEdit,
    ProposeEdit,
    SensitivityEdit,
    ThresholdEdit,
    WallEdit,
)
from scarmass.domain.errors import ClientIdReused, MeasuredInReaderStudy, RevisionStale
from scarmass.domain.outcome import Outcome, apply, drawn_by, edited, slices_to_propose
from scarmass.domain.reading import LIST_EDITS, EditKind, Reading, ReadingState, Segment
from scarmass.domain.slice_changes import slice_of
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.readings.follow_through import followed_through
from scarmass.services.readings.load import MeasuredReading, growth_of, measured
from scarmass.services.readings.methods import adopted
from scarmass.services.readings.outline import proposed_contours
from scarmass.services.readings.propose import answer, propose
from scarmass.services.readings.sensitivity import fitted, following, redrawn_at
from scarmass.storage import jobs, readings, stacks, steps, studies

READ_BACK = LIST_EDITS | {EditKind.UNDO, EditKind.REDO, EditKind.PATTERN}
"""What these make of a reading is not in their outcome: it is read back."""


def apply_edit(context: Context, reading_id: uuid.UUID, request: EditRequest, author: str) -> MeasuredReading:
    """The reading right after this edit; the same request again gives the same answer.

    Models answer before the reading is locked, so a slow first click holds nobody up; whoever edited in between
    makes this edit stale. Raises ReadingAlreadySigned, RevisionStale, ClientIdReused, PromptOutsideImage,
    NotReaderOfStudy, ReadWithoutProposals, MeasuredInReaderStudy and what `apply` raises.
    """
    with context.precedence.click():
        return _applied(context, reading_id, request, author)


def _applied(context: Context, reading_id: uuid.UUID, request: EditRequest, author: str) -> MeasuredReading:
    with context.database.moment() as session:
        reading = readings.get_reading(session, reading_id, seen=steps.EVERYTHING)
        stack_before = stacks.stack_revision(session, reading.stack_id)
        if (done := _already_done(context, session, reading_id, request)) is not None:
            return done
    reading.state.require_unsigned()
    _require_assigned(reading, request.edit, author)
    _require_current(request, reading.revision)
    is_of_list = request.edit.kind in LIST_EDITS
    outcome = None if is_of_list else _outcome(context, reading, request)
    with context.database.transaction() as session:
        if is_of_list:
            studies.lock_study(session, stacks.get_stack(session, reading.stack_id).study.study_instance_uid)
        state = readings.lock_reading(session, reading_id)
        latest = readings.latest(session, reading_id)
        if (
            latest.edits != request.expected_revision  # else nothing was done since it was looked for
            and (done := _already_done(context, session, reading_id, request)) is not None
        ):
            return done
        state.require_unsigned()
        _require_current(request, latest.edits)
        outcome = outcome or _with_other_slices(session, reading, request.edit, author)
        readings.add_edit(session, reading_id, request, author, outcome)
        may_differ = (  # by a proposal that came, or a slice thickness that somebody typed
            reading.state is ReadingState.PREPARING or latest.stack != stack_before
        )
        if request.edit.kind in READ_BACK or may_differ:
            after = readings.get_reading(session, reading_id)
        else:
            after = edited(reading, outcome, author)
        return measured(context, session, _followed_up(session, request, after))


def _with_other_slices(session: Session, reading: Reading, edit: Edit, author: str) -> Outcome:
    """What an edit makes of which slices the reading has, while nothing else changes the study's stacks."""
    if not isinstance(edit, ExchangeEdit):
        return apply(reading, edit, growth=growth_of(session, [reading.id]).get(reading.id))
    repeats = [[one.key for one in images] for images in stacks.get_stack(session, reading.stack_id).repeats]
    keys = next((keys for keys in repeats if edit.slice in keys), [])
    outcome = apply(reading, edit, repeats=[stacks.get_slice(session, *key)[1] for key in keys])
    stacks.record_exchange(session, reading.stack_id, author, used=edit.image, instead_of=edit.slice)
    return outcome


def _already_done(
    context: Context, session: Session, reading_id: uuid.UUID, request: EditRequest
) -> MeasuredReading | None:
    stored = steps.edit_by_client_id(session, reading_id, request.client_id)
    if stored is None:
        return None
    revision, sha256 = stored
    if sha256 != request.sha256:
        raise ClientIdReused("this client_id was used for another edit")
    return measured(context, session, readings.get_reading(session, reading_id, revision))


def _require_current(request: EditRequest, revision: int) -> None:
    if request.expected_revision != revision:
        raise RevisionStale(f"the reading is at revision {revision}, the edit was made on {request.expected_revision}")


def _require_assigned(reading: Reading, edit: Edit, author: str) -> None:
    """What a reader study asks of who edits, and how.

    Raises NotReaderOfStudy, ReadWithoutProposals, MeasuredInReaderStudy.
    """
    assignment = reading.record.assignment
    if assignment is not None:
        assignment.require_reader(author)
        if isinstance(edit, ImportEdit):
            raise MeasuredInReaderStudy("in a reader study readers outline themselves: no segmentation is taken over")
        if isinstance(edit, ProposeEdit):
            assignment.require_proposals()


def _outcome(context: Context, reading: Reading, request: EditRequest) -> Outcome:
    edit = request.edit
    if isinstance(edit, SensitivityEdit) and edit.value is None and edit.follows:
        edit = replace(edit, value=fitted(context, reading))
    answers = _answers(context, reading, edit)
    contours = proposed_contours(context, reading.slices) if isinstance(edit, ProposeEdit) else {}
    outcome = following(context, reading, apply(reading, edit, answers, contours=contours))
    changes = followed_through(context, reading, outcome.wall or reading.wall, outcome.changes, edit)
    return replace(outcome, changes=changes)


def _answers(context: Context, reading: Reading, edit: Edit) -> Mapping[SliceKey, Segment]:
    """What the models, or a method, say of the slices that the edit asks for."""
    match edit:
        case PromptEdit():
            one, drawn = slice_of(reading, edit.slice), drawn_by(reading, edit)
            before = reading.content(edit.slice).segments.get(edit.structure)
            return {one.key: redrawn(before, drawn, partial(answer, context, reading.slices, one))}
        case ProposeEdit():
            value = reading.sensitivity.value
            chosen = slices_to_propose(reading, edit)
            return {one.key: propose(context, reading.slices, one, value) for one in chosen}
        case SensitivityEdit(value=float(value)):
            return redrawn_at(context, reading, value, edit.slice)
        case WallEdit(confines_scar=bool()):
            return redrawn_at(context, reading, reading.sensitivity.value)
        case ThresholdEdit():
            return adopted(context, reading, edit)
        case _:
            return {}


def _followed_up(session: Session, request: EditRequest, after: Reading) -> Reading:
    """The reading in the state that the edit means for it: a failed one goes on, slices that came are prepared."""
    if isinstance(request.edit, ProposeEdit) and after.state is ReadingState.FAILED:
        state = ReadingState.DRAFT
    elif not after.has_other_slices or not after.record.takes_proposals:
        return after
    elif after.unproposed and stacks.get_stack(session, after.stack_id).is_lge:
        state = ReadingState.PREPARING
        jobs.add_job(session, after.id)
    else:
        return after
    readings.set_state(session, after.id, state)
    return replace(after, state=state, reason=None)
