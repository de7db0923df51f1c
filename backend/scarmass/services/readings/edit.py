"""A reader's edits: checked, answered by the models where it must be, stored and committed before it is told."""

import uuid
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from scarmass.domain.edits import (
    EditRequest,
    PromptEdit,
    ProposeEdit,
    TakeOverEdit,
    apply,
    prompt_of,
    slice_of,
    slices_to_propose,
)
from scarmass.domain.errors import ClientIdReused, RevisionStale
from scarmass.domain.reading import Origin, Reading, ReadingState, Segment
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.readings.load import MeasuredReading, growth_of, measured
from scarmass.services.readings.propose import answer, propose
from scarmass.storage import jobs, readings, steps, studies


def apply_edit(context: Context, reading_id: uuid.UUID, request: EditRequest, author: str) -> MeasuredReading:
    """The reading right after this edit; the same request again gives the same answer.

    Models answer before the reading is locked, so a slow first click holds nobody up; whoever edited in between
    makes this edit stale. Raises RevisionStale, ClientIdReused, PromptOutsideImage and what `apply` raises.
    """
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
        if (done := _already_done(context, session, reading_id, request)) is not None:
            return done
    _require_current(request, reading.revision)
    answers = _answers(context, reading, request)
    with context.database.transaction() as session:
        growth = None
        if isinstance(request.edit, TakeOverEdit):
            studies.lock_study(session, studies.get_stack(session, reading.stack_id).study.study_instance_uid)
            growth = growth_of(session, [reading_id]).get(reading_id)
        readings.lock_reading(session, reading_id)
        if (done := _already_done(context, session, reading_id, request)) is not None:
            return done
        _require_current(request, steps.revision_of(session, reading_id))
        readings.add_edit(session, reading_id, request, author, apply(reading, request.edit, answers, growth))
        after = _followed_up(session, request, readings.get_reading(session, reading_id))
        return measured(context, session, after)


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


def _answers(context: Context, reading: Reading, request: EditRequest) -> Mapping[SliceKey, Segment]:
    """What the models say of the slices that the edit asks for."""
    match request.edit:
        case PromptEdit() as edit:
            one, prompt = slice_of(reading, edit.slice), prompt_of(reading, edit)
            return {one.key: answer(context, reading.slices, one, prompt, Origin.PROMPT)}
        case ProposeEdit() as edit:
            chosen = slices_to_propose(reading, edit)
            return {one.key: propose(context, reading.slices, one) for one in chosen}
        case _:
            return {}


def _followed_up(session: Session, request: EditRequest, after: Reading) -> Reading:
    """The reading in the state that the edit means for it: a failed one goes on, slices that came are prepared."""
    if isinstance(request.edit, ProposeEdit) and after.state is ReadingState.FAILED:
        state = ReadingState.DRAFT
    elif after.has_other_slices and after.unproposed and studies.get_stack(session, after.stack_id).is_lge:
        state = ReadingState.PREPARING
        jobs.add_job(session, after.id)
    else:
        return after
    readings.set_state(session, after.id, state)
    return replace(after, state=state, reason=None)
