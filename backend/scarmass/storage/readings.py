"""Rows of readings: proposals beneath, edits on top, nothing ever rewritten."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import ClientIdReused, ReadingNotFound
from scarmass.storage.tables import EditRow, Json, ProposalRow, ReadingRow

PREPARING = "preparing"
DRAFT = "draft"
FAILED = "failed"


def open_reading(session: Session, stack_id: str, client_id: uuid.UUID, state: str) -> tuple[ReadingRow, bool]:
    """The stack's reading and whether it is new. A stack has one draft; opening it again returns that one.

    Raises ClientIdReused where the client_id opened a reading of another stack.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(stack_id, 0))))
    query = select(ReadingRow).where(ReadingRow.stack_id == stack_id).order_by(ReadingRow.created_at.desc())
    stored = session.scalars(query).first()
    if stored is not None:
        return stored, False
    values = {"id": uuid.uuid4(), "stack_id": stack_id, "client_id": client_id, "state": state}
    adding = insert(ReadingRow).values(values).on_conflict_do_nothing(index_elements=["client_id"])
    row = session.scalar(adding.returning(ReadingRow))
    if row is None:
        raise ClientIdReused("this client_id opened a reading of another stack")
    return row, True


def get_reading(session: Session, reading_id: uuid.UUID, lock: bool = False) -> ReadingRow:
    """The reading; lock keeps other edits out until the transaction ends. Raises ReadingNotFound."""
    query = select(ReadingRow).where(ReadingRow.id == reading_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise ReadingNotFound("no such reading")
    return row


def readings_in_state(session: Session, state: str) -> list[ReadingRow]:
    return list(session.scalars(select(ReadingRow).where(ReadingRow.state == state)))


def readings_of_stacks(session: Session, stack_ids: Sequence[str]) -> dict[str, uuid.UUID]:
    query = select(ReadingRow.stack_id, ReadingRow.id).where(ReadingRow.stack_id.in_(stack_ids))
    return {row.stack_id: row.id for row in session.execute(query)}


def edits_of(session: Session, reading_id: uuid.UUID) -> list[EditRow]:
    query = select(EditRow).where(EditRow.reading_id == reading_id).order_by(EditRow.revision)
    return list(session.scalars(query))


def edit_by_client_id(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID) -> EditRow | None:
    query = select(EditRow).where(EditRow.reading_id == reading_id, EditRow.client_id == client_id)
    return session.scalar(query)


def stand_of(session: Session, reading_id: uuid.UUID) -> tuple[int, int, str]:
    """(proposals, edits, state): all that a reading can have changed in. Raises ReadingNotFound."""
    row = get_reading(session, reading_id)
    proposals = select(func.count()).select_from(ProposalRow).where(ProposalRow.reading_id == reading_id)
    edits = select(func.count()).select_from(EditRow).where(EditRow.reading_id == reading_id)
    return session.scalar(proposals) or 0, session.scalar(edits) or 0, row.state


def add_edit(session: Session, edit: EditRow) -> None:
    session.add(edit)
    session.flush()


def proposals_of(session: Session, reading_id: uuid.UUID) -> list[ProposalRow]:
    """The reading's proposals in the order in which they were stored."""
    query = select(ProposalRow).where(ProposalRow.reading_id == reading_id).order_by(ProposalRow.ordinal)
    return list(session.scalars(query))


def add_proposal(
    session: Session, reading_id: uuid.UUID, sop_instance_uid: str, frame_number: int, content: Json
) -> None:
    """Add a slice's proposal; a proposal that is there already stays."""
    values = {
        "reading_id": reading_id,
        "sop_instance_uid": sop_instance_uid,
        "frame_number": frame_number,
        "content": content,
    }
    session.execute(insert(ProposalRow).values(values).on_conflict_do_nothing())
