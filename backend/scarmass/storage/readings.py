"""Readings: changed in steps, and read back as the fold of them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from scarmass.domain.edits import EditRequest
from scarmass.domain.errors import ReadingNotFound
from scarmass.domain.outcome import Outcome
from scarmass.domain.reading import (
    LIST_EDITS,
    Changes,
    EditKind,
    Reading,
    ReadingState,
    Segment,
    Sensitivity,
    SliceChange,
    fold,
)
from scarmass.domain.signature import Record
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import Structure
from scarmass.storage.documents import (
    landmarks_to_json,
    pattern_to_json,
    taken_from_to_json,
    wall_from_json,
    wall_to_json,
)
from scarmass.storage.notifications import notify
from scarmass.storage.reader_studies import IN_READER_STUDY, hidden_readings
from scarmass.storage.reading_slices import add_slices, date_slices, slices_at, slices_of
from scarmass.storage.signatures import rows_and_records
from scarmass.storage.standing import on_slices, slices_of_steps, stated
from scarmass.storage.steps import PROPOSALS, Seen, add_changes, add_segments, edits_of
from scarmass.storage.tables import DeliveryRow, EditRow, InstanceRow, ReadingRow, SliceChangeRow, StackRow

T = TypeVar("T")

_PROPOSALS = select(func.count()).where(
    SliceChangeRow.reading_id == ReadingRow.id, SliceChangeRow.revision == PROPOSALS
)
_EDITS = select(func.count()).where(EditRow.reading_id == ReadingRow.id)
_DELIVERY = select(DeliveryRow.changes).where(DeliveryRow.reading_id == ReadingRow.id)
_LATEST = select(
    _PROPOSALS.scalar_subquery(),
    _EDITS.scalar_subquery(),
    ReadingRow.state,
    StackRow.revision,
    func.coalesce(_DELIVERY.scalar_subquery(), 0),
).join(StackRow, StackRow.stack_id == ReadingRow.stack_id)
"""Made once, as every edit and every page that follows one asks it."""


class Latest(NamedTuple):
    """How many proposals and edits a reading has, its state, and how often what is stored of its stack and of its
    delivery has changed. Equal ones are of equal readings, as rows are only added."""

    proposals: int
    edits: int
    state: str
    stack: int
    delivery: int


def lock_reading(session: Session, reading_id: uuid.UUID) -> ReadingState:
    """Keep other edits out until the transaction ends; answers the state that they left. Raises ReadingNotFound.

    To be called before anything of the reading is read: a row that a session has is not read again.
    """
    query = select(ReadingRow.state).where(ReadingRow.id == reading_id).with_for_update()
    return ReadingState(_found(session.scalar(query)))


def latest(session: Session, reading_id: uuid.UUID) -> Latest:
    """Without the cost of the reading itself. Raises ReadingNotFound."""
    return Latest(*_found(session.execute(_LATEST.where(ReadingRow.id == reading_id)).first()))


def stack_and_state(session: Session, reading_id: uuid.UUID) -> tuple[str, ReadingState]:
    """Raises ReadingNotFound."""
    row = _found(session.get(ReadingRow, reading_id))
    return row.stack_id, ReadingState(row.state)


def set_state(session: Session, reading_id: uuid.UUID, state: ReadingState, reason: str | None = None) -> None:
    """reason: why it failed. Raises ReadingNotFound."""
    row = _found(session.get(ReadingRow, reading_id))
    row.state, row.reason = state.value, reason
    session.flush()
    notify(session, str(reading_id))


def set_slice_looked_at(session: Session, reading_id: uuid.UUID, key: SliceKey) -> None:
    """Raises ReadingNotFound."""
    _found(session.get(ReadingRow, reading_id)).slice_looked_at = key
    session.flush()


def slice_looked_at(session: Session, reading_id: uuid.UUID) -> SliceKey | None:
    """The slice that its reader looked at last while it was prepared. Raises ReadingNotFound."""
    row = _found(session.get(ReadingRow, reading_id))
    return None if row.slice_looked_at is None else (row.slice_looked_at[0], row.slice_looked_at[1])


def get_reading(
    session: Session, reading_id: uuid.UUID, revision: int | None = None, seen: Seen | None = None
) -> Reading:
    """The reading after that many edits (all of them by default). Raises ReadingNotFound.

    seen: what `changed` is counted from; by default it is what the last edit touched.
    """
    row, record = _found(next(iter(rows_and_records(session, [reading_id])), None))
    edits = edits_of(session, reading_id, revision)
    standing = on_slices(session, reading_id, edits)
    said = stated(session, reading_id, edits, Sensitivity(row.sensitivity, row.follows), wall_from_json(row.wall))
    seen = seen or Seen(len(standing.proposed), len(edits.kinds) - 1)
    touched = edits.touched_since(seen)
    record = _at(record, len(edits.kinds))
    return Reading(
        id=row.id,
        stack_id=row.stack_id,
        slices=slices_at(session, reading_id, edits.slices_revision(), record),
        state=ReadingState(row.state),
        reason=row.reason,
        revision=len(edits.kinds),
        contents=fold([standing.changes]),
        made_at=standing.made_at,
        proposed=frozenset(standing.proposed),
        can_undo=bool(edits.live),
        can_redo=edits.can_redo,
        authors=edits.authors,
        changed=slices_of_steps(session, reading_id, touched) | set(standing.proposed[seen.proposals :]),
        has_other_slices=any(edits.kinds[at - 1] in LIST_EDITS for at in touched),
        sensitivity=said.sensitivity,
        prior=row.sensitivity,
        wall=said.wall,
        landmarks=said.landmarks,
        pattern=said.pattern,
        record=record,
        taken_from=said.taken_from,
    )


def readings_of_stacks(session: Session, stack_ids: Sequence[str]) -> dict[str, uuid.UUID]:
    """The reading that stands for each of these stacks that has one: the stack's, in its newest version.

    A measurement in a reader study stands for none.
    """
    query = select(ReadingRow.stack_id, ReadingRow.id).where(ReadingRow.stack_id.in_(stack_ids))
    query = query.where(ReadingRow.state != ReadingState.AMENDED.value, ~IN_READER_STUDY)
    query = query.order_by(ReadingRow.reader.is_(None), ReadingRow.created_at)  # the last one counts
    return {row.stack_id: row.id for row in session.execute(query)}


def all_of_stack(session: Session, stack_id: str) -> list[uuid.UUID]:
    """Every reading of a stack, the first one first, but for those that a reader study hides."""
    query = select(ReadingRow.id).where(ReadingRow.stack_id == stack_id).order_by(ReadingRow.created_at)
    found = list(session.scalars(query))
    hidden = hidden_readings(session, found)
    return [one for one in found if one not in hidden]


def readings_in_state(session: Session, state: ReadingState) -> list[uuid.UUID]:
    return list(session.scalars(select(ReadingRow.id).where(ReadingRow.state == state.value)))


def outgrown(session: Session, reading_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, str, datetime]]:
    """(reading id, study UID, since when) of those of these readings whose study has images that came later."""
    of_study = InstanceRow.study_instance_uid == StackRow.study_instance_uid
    query = select(ReadingRow.id, StackRow.study_instance_uid, ReadingRow.sliced_at)
    query = query.join(StackRow, ReadingRow.stack_id == StackRow.stack_id).where(ReadingRow.id.in_(reading_ids))
    later = exists().where(of_study, InstanceRow.imported_at > ReadingRow.sliced_at)
    return [(row.id, row.study_instance_uid, row.sliced_at) for row in session.execute(query.where(later))]


def add_edit(session: Session, reading_id: uuid.UUID, request: EditRequest, author: str, outcome: Outcome) -> int:
    """Store an edit and what it made of the reading, and return its revision."""
    revision = request.expected_revision + 1
    session.add(
        EditRow(
            reading_id=reading_id,
            revision=revision,
            client_id=request.client_id,
            author=author,
            kind=request.edit.kind.value,
            request_sha256=request.sha256,
            sensitivity=None if outcome.sensitivity is None else outcome.sensitivity.value,
            follows=None if outcome.sensitivity is None else outcome.sensitivity.follows,
            landmarks=None if outcome.landmarks is None else landmarks_to_json(outcome.landmarks),
            pattern=None if outcome.pattern is None else pattern_to_json(outcome.pattern),
            wall=None if outcome.wall is None else wall_to_json(outcome.wall),
            taken_from=None if outcome.taken_from is None else taken_from_to_json(outcome.taken_from),
        )
    )
    session.flush()
    add_changes(session, reading_id, revision, outcome.changes)
    if outcome.slices is not None:
        add_slices(session, reading_id, revision, outcome.slices)
    if request.edit.kind in (EditKind.TAKE_OVER, EditKind.UNDO, EditKind.REDO):
        date_slices(session, reading_id)
    notify(session, str(reading_id))
    return revision


def add_proposal(session: Session, reading_id: uuid.UUID, key: SliceKey, change: SliceChange) -> None:
    """Add a slice's proposal; a proposal that is there already stays."""
    add_changes(session, reading_id, PROPOSALS, {key: change})
    notify(session, str(reading_id))


def add_proposed_segments(
    session: Session, reading_id: uuid.UUID, segments: Mapping[SliceKey, Mapping[Structure, Segment]]
) -> None:
    """Add to the proposals of slices what was proposed of them later; what they have of a structure stays."""
    add_segments(session, reading_id, PROPOSALS, segments)


def finish_proposals(session: Session, reading_id: uuid.UUID, changes: Changes) -> None:
    """Store what follows for proposals from those of all slices; only while the reading is prepared."""
    segments = {key: change.segments for key, change in changes.items()}
    add_segments(session, reading_id, PROPOSALS, segments, replaces=True)


def is_prepared(session: Session, reading_id: uuid.UUID) -> bool:
    """Whether every slice that the reading has now has its proposal."""
    proposed = slices_of_steps(session, reading_id, {PROPOSALS})
    return all(one.key in proposed for one in slices_of(session, reading_id))


def _found(what: T | None) -> T:
    if what is None:
        raise ReadingNotFound("no such reading")
    return what


def _at(record: Record, revision: int) -> Record:
    """A signature is of one revision: the steps before it are not signed."""
    signature = record.signature
    return replace(record, signature=None) if signature and signature.revision != revision else record
