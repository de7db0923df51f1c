"""What readings consist of, without their masks: enough to know whether one has changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from scarmass.domain.errors import ReadingNotFound
from scarmass.storage.steps import PROPOSALS
from scarmass.storage.tables import EditRow, ReadingRow, SliceChangeRow, StackRow


@dataclass(frozen=True)
class Version:
    """A reading is the same for as long as this is. author, edited_at: of the last edit, None where there is none.

    stack: how often what is stored of its stack has changed.
    """

    reading_id: uuid.UUID
    state: str
    proposals: int
    edits: int
    author: str | None
    edited_at: datetime | None
    stack: int


def versions_of(session: Session, reading_ids: Sequence[uuid.UUID]) -> list[Version]:
    """What each of these readings consists of now."""
    proposals = select(func.count()).select_from(SliceChangeRow)
    proposals = proposals.where(SliceChangeRow.reading_id == ReadingRow.id, SliceChangeRow.revision == PROPOSALS)
    newest = select(EditRow.revision, EditRow.author, EditRow.created_at)
    newest = newest.where(EditRow.reading_id == ReadingRow.id).order_by(EditRow.revision.desc()).limit(1)
    last = newest.lateral("last")
    stack = select(StackRow.revision).where(StackRow.stack_id == ReadingRow.stack_id).scalar_subquery()
    query = select(ReadingRow, proposals.scalar_subquery(), last, stack).outerjoin(last, true())
    return [
        Version(reading.id, reading.state, number, edits or 0, author, edited_at, stack)
        for reading, number, edits, author, edited_at, stack in session.execute(
            query.where(ReadingRow.id.in_(reading_ids))
        )
    ]


def last_change(session: Session, reading_id: uuid.UUID) -> tuple[str, datetime]:
    """Who changed a reading last, and when; where nobody did, who opened it. Raises ReadingNotFound."""
    query = select(EditRow.author, EditRow.created_at).where(EditRow.reading_id == reading_id)
    edit = session.execute(query.order_by(EditRow.revision.desc()).limit(1)).first()
    if edit is not None:
        return edit.author, edit.created_at
    row = session.get(ReadingRow, reading_id)
    if row is None:
        raise ReadingNotFound("no such reading")
    return row.opened_by or "", row.created_at
