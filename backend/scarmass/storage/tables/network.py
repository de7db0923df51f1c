"""What comes from other machines and goes to them."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import Table
from scarmass.storage.tables.readings import ReadingRow


class ArrivalRow(Table):
    """What came of a study from one source. number: grows in the order in which studies began to come.

    study_instance_uid: empty where objects did not say. refused: name and reason of the first of them. prepared_at:
    null while more may come. readings: that were opened then; because: of which rule, or why none were.
    """

    __tablename__ = "arrivals"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    study_instance_uid: Mapped[str]
    source: Mapped[str]
    objects: Mapped[int] = mapped_column(server_default="0")
    refused_count: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[list[Json]]
    first_object_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_object_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    prepared_at: Mapped[datetime | None]
    readings: Mapped[int] = mapped_column(server_default="0")
    because: Mapped[str | None]

    __table_args__ = (UniqueConstraint("study_instance_uid", "source"),)


class TransferRow(Table):
    """A reading's results on their way to a peer, or a study on its way from one. number: grows as they are asked for.

    next_attempt_at: of one that waits. transaction_uid: of the storage commitment that was asked for. changes: how
    often the row has changed.
    """

    __tablename__ = "transfers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    direction: Mapped[str]
    peer: Mapped[str]
    reading_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(ReadingRow.id))
    study_instance_uid: Mapped[str]
    kinds: Mapped[list[str]]
    state: Mapped[str] = mapped_column(index=True)
    done: Mapped[int] = mapped_column(server_default="0")
    of: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    asked_by: Mapped[str]
    transaction_uid: Mapped[str | None] = mapped_column(index=True)
    committed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    changes: Mapped[int] = mapped_column(server_default="1")

    __table_args__ = (UniqueConstraint("reading_id", "peer"),)
