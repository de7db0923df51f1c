"""The audit trail."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from scarmass.storage.documents import Json
from scarmass.storage.tables.base import Table


class AuditRow(Table):
    """What somebody did, with whose data and what came of it; rows are only ever added, which a trigger sees to.

    number: without a gap. previous, sha256: the chain, see domain/audit.py.
    """

    __tablename__ = "audit_events"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[uuid.UUID | None]
    person: Mapped[str]
    address: Mapped[str]
    patient_id: Mapped[str] = mapped_column(index=True)
    study_instance_uid: Mapped[str] = mapped_column(index=True)
    about: Mapped[Json]
    previous: Mapped[str]
    sha256: Mapped[str]


class AuditDeliveryRow(Table):
    """How far the audit trail was sent to a destination. number: of the last row that was."""

    __tablename__ = "audit_deliveries"

    destination: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
