"""How long readers worked on readings, in pieces that count once."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.storage.tables import WorkRow


def add_work(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID, reader: str, seconds: float) -> None:
    values = {"reading_id": reading_id, "client_id": client_id, "reader": reader, "seconds": seconds}
    session.execute(insert(WorkRow).values(values).on_conflict_do_nothing())


def work_by_client_id(session: Session, reading_id: uuid.UUID, client_id: uuid.UUID) -> float | None:
    """The seconds of the piece of this client_id, None where there is none."""
    query = select(WorkRow.seconds).where(WorkRow.reading_id == reading_id, WorkRow.client_id == client_id)
    return session.scalar(query)


def seconds_of_work(session: Session, reading_id: uuid.UUID) -> float:
    return session.scalar(select(func.sum(WorkRow.seconds)).where(WorkRow.reading_id == reading_id)) or 0.0
