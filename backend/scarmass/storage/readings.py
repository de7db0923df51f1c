"""Rows of readings: proposals beneath, edits on top, nothing ever rewritten."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import ClientIdReused, ReadingNotFound
from scarmass.domain.reading import EditKind
from scarmass.domain.stack import SliceKey
from scarmass.storage.tables import EditRow, EditSliceRow, Json, ProposalRow, ReadingRow

PREPARING = "preparing"
DRAFT = "draft"
FAILED = "failed"


@dataclass(frozen=True)
class EditHead:
    """An edit and which slices it touched, without what it made of them: all that folding needs."""

    revision: int
    kind: EditKind
    author: str
    created_at: datetime
    slices: tuple[SliceKey, ...]


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


def edit_heads(session: Session, reading_id: uuid.UUID, until: int | None = None) -> list[EditHead]:
    """The edits up to a revision (all by default), the first one first."""
    columns = (EditRow.revision, EditRow.kind, EditRow.author, EditRow.created_at)
    edits = select(*columns).where(EditRow.reading_id == reading_id).order_by(EditRow.revision)
    touched = select(EditSliceRow.revision, EditSliceRow.sop_instance_uid, EditSliceRow.frame_number)
    touched = touched.where(EditSliceRow.reading_id == reading_id)
    if until is not None:
        edits, touched = edits.where(EditRow.revision <= until), touched.where(EditSliceRow.revision <= until)
    # In this order: an edit that is committed between the two queries must not appear without its slices.
    heads = session.execute(edits).all()
    slices: dict[int, list[SliceKey]] = defaultdict(list)
    for revision, sop_instance_uid, frame_number in session.execute(touched):
        slices[revision].append((sop_instance_uid, frame_number))
    return [
        EditHead(revision, EditKind(kind), author, created_at, tuple(slices[revision]))
        for revision, kind, author, created_at in heads
    ]


def contents_made(session: Session, reading_id: uuid.UUID, made_at: Mapping[SliceKey, int]) -> dict[SliceKey, Json]:
    """What the edits of these revisions made of these slices."""
    row = tuple_(EditSliceRow.revision, EditSliceRow.sop_instance_uid, EditSliceRow.frame_number)
    named = row.in_([(revision, *name) for name, revision in made_at.items()])
    query = select(EditSliceRow).where(EditSliceRow.reading_id == reading_id, named)
    return {(made.sop_instance_uid, made.frame_number): made.content for made in session.scalars(query)}


def revision_of(session: Session, reading_id: uuid.UUID) -> int:
    """How many edits a reading has."""
    query = select(func.count()).select_from(EditRow).where(EditRow.reading_id == reading_id)
    return session.scalar(query) or 0


def edit_by_client_id(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID) -> EditRow | None:
    query = select(EditRow).where(EditRow.reading_id == reading_id, EditRow.client_id == client_id)
    return session.scalar(query)


def stand_of(session: Session, reading_id: uuid.UUID) -> tuple[int, int, str]:
    """(proposals, edits, state): all that a reading can have changed in. Raises ReadingNotFound."""
    row = get_reading(session, reading_id)
    proposals = select(func.count()).select_from(ProposalRow).where(ProposalRow.reading_id == reading_id)
    return session.scalar(proposals) or 0, revision_of(session, reading_id), row.state


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
