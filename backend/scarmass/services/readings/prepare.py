"""Preparing a reading in the background: proposals slice by slice, from where the reader looks outwards.

Closing the page does not stop it, and what an ended process left is taken up by another one.
"""

import logging
import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from scarmass.domain.errors import Away, Fact
from scarmass.domain.reading import Reading, ReadingState, SliceChange, SliceState
from scarmass.domain.slice_changes import proposal
from scarmass.domain.stack import Slice, SliceKey, outwards
from scarmass.services.context import Context
from scarmass.services.readings.follow_through import followed_through
from scarmass.services.readings.outline import proposed_contours
from scarmass.services.readings.placement import ask_all_ahead, placed
from scarmass.services.readings.propose import (
    detection_of,
    embed,
    has_scar,
    not_asked_about_scar,
    propose,
    scar_on,
    shows_scar_so_far,
)
from scarmass.storage import jobs, readings

log = logging.getLogger(__name__)

READ_IT_BY_HAND = "Its slices can be read without proposals."
BROKE_OFF = f"Preparing it broke off {jobs.ATTEMPTS} times and is not tried again. {READ_IT_BY_HAND}"


def prepare_next_slice(context: Context, reading_id: uuid.UUID) -> None:
    """Store the proposal of one slice and queue the next one; after the last one the reading is a draft.

    A slice that seems to show scar waits for the others until it is known that their stack does.
    The ventricle's contours come with the last one, as they need every slice: no scar waits for them. What raises here
    is wrong with every slice; a slice on which the models fail is stored as failed. Raises Away, with
    nothing stored: the slice is prepared when they answer again.
    """
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
        looked_at = readings.slice_looked_at(session, reading_id)
    if reading.state is not ReadingState.PREPARING:
        return
    detection_of(context, reading.slices)
    next_ones = next_slices(reading, looked_at)
    if shows_scar_so_far(context, reading.slices) is None:
        next_ones = not_asked_about_scar(context, reading.slices, next_ones) or next_ones
    one = next_ones[0] if next_ones else None
    change = None
    if one is not None:
        _embed_ahead(context, reading, next_ones)
        change = _proposal(context, reading, one)
        if change is None:
            with context.database.transaction() as session:
                jobs.add_job(session, reading_id)
            return
    contours = {}
    if len(reading.unproposed) <= 1:
        contours = proposed_contours(context, reading.slices)
        ask_all_ahead(context, reading.slices)  # so that no model is asked while the reading is locked
    with context.database.transaction() as session:
        if readings.lock_reading(session, reading_id) is not ReadingState.PREPARING:  # an edit may bring more slices
            return  # signed meanwhile
        if one is not None and change is not None:
            readings.add_proposal(session, reading_id, one.key, change)
        if readings.is_prepared(session, reading_id):
            readings.add_proposed_segments(session, reading_id, contours)
            _finish(context, session, reading_id)
            readings.set_state(session, reading_id, ReadingState.DRAFT)
        else:
            jobs.add_job(session, reading_id)


def _finish(context: Context, session: Session, reading_id: uuid.UUID) -> None:
    """What follows from contours for the proposals that came before them, unless a reader changed them meanwhile."""
    reading = readings.get_reading(session, reading_id)
    proposed = {key: reading.content(key) for key in reading.keys}
    whole = {
        key: SliceChange(segments=content.segments)
        for key, content in proposed.items()
        if content.state is SliceState.PROPOSED and key not in reading.made_at
    }
    readings.finish_proposals(session, reading_id, followed_through(context, reading, reading.wall, whole))


def give_up(context: Context, reading_id: uuid.UUID, error: Exception) -> None:
    """Set the reading aside as failed, with a reason that its reader understands."""
    reason = str(error) if isinstance(error, Fact) else "an unexpected error, of which the server's log tells more"
    with context.database.transaction() as session:
        _fail(session, reading_id, f"It could not be prepared: {reason}. {READ_IT_BY_HAND}")


def take_up(context: Context) -> bool:
    """Queue again what ended processes left, and set aside what has ended too many; answers whether a job is due."""
    with context.database.transaction() as session:
        jobs.take_back_stalled(session)
        with_a_job = jobs.readings_with_a_job(session)
        for reading_id in readings.readings_in_state(session, ReadingState.PREPARING):
            if reading_id in with_a_job:
                continue
            if jobs.was_set_aside(session, reading_id):
                _fail(session, reading_id, BROKE_OFF)
            else:
                jobs.add_job(session, reading_id)
        return jobs.is_job_due(session)


def next_slices(reading: Reading, looked_at: SliceKey | None) -> list[Slice]:
    """The slices that are still to be prepared, the next one first."""
    middle = reading.keys.index(looked_at) if looked_at in reading.keys else len(reading.slices) // 2
    unproposed = {one.key for one in reading.unproposed}
    return [one for one in outwards(reading.slices, middle) if one.key in unproposed]


def _embed_ahead(context: Context, reading: Reading, next_ones: Sequence[Slice]) -> None:
    """As many as are encoded together, where that are several. What is encoded already is not encoded again."""
    at_once = context.segmenter.encodes_at_once
    if at_once == 1:
        return
    try:
        embed(context, reading.slices, next_ones[:at_once])
    except Away:
        raise
    except Exception:  # whatever the models met: of which slice it was shows when that has its turn
        log.warning("slices could not be encoded together", exc_info=True)


def _proposal(context: Context, reading: Reading, one: Slice) -> SliceChange | None:
    """None where the slice seems to show scar, and others are to be asked about before it is known whether the stack
    does."""
    try:
        embed(context, reading.slices, [one])
        boxes = scar_on(context, reading.slices, one, reading.sensitivity.value).boxes
        if (
            shows_scar_so_far(context, reading.slices) is None
            and not_asked_about_scar(context, reading.slices, reading.unproposed)
            and has_scar(boxes)
        ):
            return None
        proposed = propose(context, reading.slices, one, reading.sensitivity.value)
        return proposal(placed(context, reading.slices, one, proposed))
    except Away:  # it can be done later
        raise
    except Exception:  # whatever the models met: one slice must not cost the reader the others
        log.exception("no proposal for a slice")
        return proposal(None)


def _fail(session: Session, reading_id: uuid.UUID, reason: str) -> None:
    if readings.lock_reading(session, reading_id) is ReadingState.PREPARING:
        readings.set_state(session, reading_id, ReadingState.FAILED, reason)
