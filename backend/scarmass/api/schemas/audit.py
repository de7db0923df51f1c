"""The audit trail, as it is searched."""

import uuid
from datetime import datetime

from pydantic import BaseModel

from scarmass.domain import audit
from scarmass.domain.audit import Action, Delivered, Outcome


class AuditEvent(BaseModel):
    """number: of its row; sha256: of the row and of the one before. person_id: null where nobody had signed in.

    reason: the name of the fact that refused it or let it fail. about: what else is known of it.
    """

    number: int
    occurred_at: datetime
    action: Action
    outcome: Outcome
    reason: str
    person: str
    person_id: uuid.UUID | None
    address: str
    patient_id: str
    study_instance_uid: str
    about: dict[str, str]
    sha256: str

    @staticmethod
    def of(row: audit.Recorded) -> "AuditEvent":
        event = row.event
        return AuditEvent(
            number=row.number,
            occurred_at=event.occurred_at,
            action=event.action,
            outcome=event.outcome,
            reason=event.reason,
            person=event.person,
            person_id=event.person_id,
            address=event.address,
            patient_id=event.subject.patient_id,
            study_instance_uid=event.subject.study_instance_uid,
            about=dict(event.about),
            sha256=row.sha256,
        )


class AuditReceiver(BaseModel):
    """Where the trail is sent to. number: of the last row that is there; newest: of the last row here."""

    name: str
    number: int
    newest: int

    @staticmethod
    def of(name: str, delivered: Delivered) -> "AuditReceiver":
        return AuditReceiver(name=name, number=delivered.number, newest=delivered.newest)


class AuditEvents(BaseModel):
    """The newest first. receiver: null where the trail stays here."""

    events: list[AuditEvent]
    next_cursor: int | None
    receiver: AuditReceiver | None
