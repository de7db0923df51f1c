"""Readings come to be: opened on slices of their own, or made on top of a signed one."""

import uuid

from sqlalchemy import exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import ClientIdReused
from scarmass.domain.reader_study import Assignment
from scarmass.domain.reading import Reading, ReadingState, Sensitivity, WallRules
from scarmass.domain.stack import Stack
from scarmass.storage.documents import wall_to_json
from scarmass.storage.reader_studies import IN_READER_STUDY, add_reading
from scarmass.storage.reading_slices import add_slices
from scarmass.storage.readings import set_state
from scarmass.storage.tables import (
    EditRow,
    ReadingRow,
    ReadingSliceRow,
    ReportTextRow,
    SegmentChangeRow,
    SignatureRow,
    SliceChangeRow,
    Table,
)

PARTS = (ReadingSliceRow, EditRow, SliceChangeRow, SegmentChangeRow, ReportTextRow)
"""What a reading consists of, in the order in which rows refer to each other."""


def open_reading(
    session: Session,
    stack: Stack,
    client_id: uuid.UUID,
    state: ReadingState,
    sensitivity: Sensitivity,
    wall: WallRules,
    reader: str,
    own: bool = False,
) -> tuple[uuid.UUID, bool]:
    """The id of the reading that this reader works on and whether it is new; a new one gets the stack's slices now.

    That is the stack's reading, which all readers share. A reader gets one of their own where they ask for it, and
    where another reader has signed the stack's. Raises ClientIdReused where the client_id opened another reading.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(stack.stack_id, 0))))
    shared, mine = _newest(session, stack.stack_id, None), _newest(session, stack.stack_id, reader)
    own = own or (shared is not None and _is_signed_by_another(session, shared, reader))
    stored = mine if own else shared
    if stored is not None:
        return stored.id, False
    return _add(session, stack, client_id, state, sensitivity, wall, reader, own), True


def open_assigned(
    session: Session,
    stack: Stack,
    client_id: uuid.UUID,
    state: ReadingState,
    sensitivity: Sensitivity,
    wall: WallRules,
    assignment: Assignment,
) -> uuid.UUID:
    """The id of the reader's own new reading for an assignment of a reader study, on the stack's slices as they are.

    Raises ClientIdReused where the client_id opened another reading.
    """
    reading_id = _add(session, stack, client_id, state, sensitivity, wall, assignment.reader, own=True)
    add_reading(session, assignment, reading_id)
    return reading_id


def _add(
    session: Session,
    stack: Stack,
    client_id: uuid.UUID,
    state: ReadingState,
    sensitivity: Sensitivity,
    wall: WallRules,
    reader: str,
    own: bool,
) -> uuid.UUID:
    values = {
        "id": uuid.uuid4(),
        "stack_id": stack.stack_id,
        "client_id": client_id,
        "state": state.value,
        "sensitivity": sensitivity.value,
        "follows": sensitivity.follows,
        "wall": wall_to_json(wall),
        "reader": reader if own else None,
        "opened_by": reader,
    }
    adding = insert(ReadingRow).values(values).on_conflict_do_nothing(index_elements=["client_id"])
    reading_id = session.scalar(adding.returning(ReadingRow.id))
    if reading_id is None:
        raise ClientIdReused("this client_id opened another reading")
    add_slices(session, reading_id, 0, stack.slices)
    return reading_id


def amend(session: Session, reading: Reading, client_id: uuid.UUID, opened_by: str) -> uuid.UUID:
    """The id of a new draft with the contents and the history of a signed reading, which is amended by it.

    Raises ClientIdReused where the client_id opened another reading.
    """
    old = session.get_one(ReadingRow, reading.id)
    kept = ("stack_id", "sensitivity", "follows", "wall", "sliced_at", "reader")
    values = {name: getattr(old, name) for name in kept}
    values |= {"id": uuid.uuid4(), "client_id": client_id, "state": ReadingState.DRAFT.value, "opened_by": opened_by}
    values |= {"version": old.version + 1, "replaces": old.id}
    adding = insert(ReadingRow).values(values).on_conflict_do_nothing(index_elements=["client_id"])
    new_id = session.scalar(adding.returning(ReadingRow.id))
    if new_id is None:
        raise ClientIdReused("this client_id opened another reading")
    for part in PARTS:
        _copy(session, part, old.id, new_id)
    set_state(session, old.id, ReadingState.AMENDED)
    return new_id


def amendment_by(session: Session, client_id: uuid.UUID) -> uuid.UUID | None:
    """The reading that a request of this client_id opened or amended."""
    return session.scalar(select(ReadingRow.id).where(ReadingRow.client_id == client_id))


def reading_for_import(
    session: Session, stack_id: str, client_id: uuid.UUID, opened_with: uuid.UUID, reader: str
) -> tuple[uuid.UUID | None, bool]:
    """The reading that a request to import was answered with or opened, and whether the reader's own is meant.

    client_id: of the import's edit. opened_with: of the reading that the same request opened. Where it is a new
    request, (None, own): the stack's reading where there is none yet, else the reader's own.
    """
    of_stack = select(ReadingRow.id).where(ReadingRow.stack_id == stack_id)
    edited = of_stack.join(EditRow, EditRow.reading_id == ReadingRow.id)
    edited = edited.where(EditRow.client_id == client_id, EditRow.author == reader, EditRow.kind == "import")
    known = session.scalar(edited.order_by(ReadingRow.created_at).limit(1))
    known = known or session.scalar(of_stack.where(ReadingRow.client_id == opened_with))
    return known, _newest(session, stack_id, None) is not None


def _copy(session: Session, part: type[Table], old_id: uuid.UUID, new_id: uuid.UUID) -> None:
    """Rows in the order in which they were stored; numbers that the database gives are given anew."""
    columns = [column for column in part.__table__.columns if column.name not in ("reading_id", "ordinal")]
    table = part.__table__.c
    rows = select(literal(new_id), *columns).where(table.reading_id == old_id)
    in_order = rows.order_by(table.ordinal) if "ordinal" in table else rows
    session.execute(insert(part).from_select(["reading_id", *(column.name for column in columns)], in_order))


def _newest(session: Session, stack_id: str, reader: str | None) -> ReadingRow | None:
    """The newest reading of a reader, or the stack's, that no newer version replaces and no reader study holds."""
    query = select(ReadingRow).where(ReadingRow.stack_id == stack_id, ReadingRow.reader.is_not_distinct_from(reader))
    query = query.where(ReadingRow.state != ReadingState.AMENDED.value, ~IN_READER_STUDY)
    return session.scalar(query.order_by(ReadingRow.created_at.desc()).limit(1))


def _is_signed_by_another(session: Session, row: ReadingRow, reader: str) -> bool:
    signed = exists().where(SignatureRow.reading_id == row.id, SignatureRow.reader != reader)
    return bool(session.scalar(select(signed)))
