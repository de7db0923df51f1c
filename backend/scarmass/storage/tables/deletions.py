"""Deletions for good, and the daily work."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import Table


class DeletionRow(Table):
    """A deletion for good: its record, and for as long as it goes on, what is left to be removed. number: grows as they
    are asked for.

    confirmation_hash: null where nothing was typed, or an earlier version was asked. target: as JSON, null when all is
    done: it names the patient, and the record must not. counts: by kind. sent_to: peers that have copies.
    waits_because: what is in the way. left_because: why studies stay. rewritten_at: when the database's files were
    written anew.
    """

    __tablename__ = "deletions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    client_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    patient_hash: Mapped[str]
    whole_patient: Mapped[bool]
    although_signed: Mapped[bool]
    reason: Mapped[str]
    asked_by: Mapped[str]
    confirmation_hash: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    target: Mapped[Json | None]
    counts: Mapped[Json]
    sent_to: Mapped[list[str]]
    waits_because: Mapped[str | None]
    left_because: Mapped[list[str]] = mapped_column(server_default="[]")
    done_at: Mapped[datetime | None]
    rewritten_at: Mapped[datetime | None]


class NightRow(Table):
    """A day whose daily work is done, by whichever server."""

    __tablename__ = "nights"

    day: Mapped[date] = mapped_column(primary_key=True)
