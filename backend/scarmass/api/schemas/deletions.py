"""The words of the REST contract about deletion for good."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Strict
from scarmass.domain import deletion as domain
from scarmass.domain.deletion import DeletionReason

LONGEST_CONFIRMATION = 512


class DeletionRequest(Strict):
    """confirmation: the study's PatientID, typed; where it is empty the PatientName, and where that is empty too the
    StudyInstanceUID. whole_patient: every study of the patient. although_signed: also signed readings that are to be
    kept still.
    """

    client_id: uuid.UUID
    confirmation: Annotated[str, Field(min_length=1, max_length=LONGEST_CONFIRMATION)]
    reason: DeletionReason
    whole_patient: bool = False
    although_signed: bool = False

    def to_domain(self, asked_by: str) -> domain.DeletionRequest:
        return domain.DeletionRequest(self.client_id, self.reason, asked_by, self.whole_patient, self.although_signed)


class Deletion(BaseModel):
    """The record of a deletion. patient_hash: keyed, of the PatientID. counts: of what was removed, by kind.

    sent_to: peers with copies of their own. waits_because: what is in its way. left_because: why studies stay that
    came, or were signed, after it was asked for. done_at: null while it goes on. rewritten_at: when nothing of it was
    left in the database's files.
    """

    id: uuid.UUID
    patient_hash: str
    whole_patient: bool
    although_signed: bool
    reason: DeletionReason
    asked_by: str
    asked_at: datetime
    counts: dict[str, int]
    sent_to: list[str]
    waits_because: str | None
    left_because: list[str]
    done_at: datetime | None
    rewritten_at: datetime | None

    @staticmethod
    def of(deletion: domain.Deletion) -> "Deletion":
        return Deletion(
            id=deletion.id,
            patient_hash=deletion.patient_hash,
            whole_patient=deletion.request.whole_patient,
            although_signed=deletion.request.although_signed,
            reason=deletion.request.reason,
            asked_by=deletion.request.asked_by,
            asked_at=deletion.asked_at,
            counts=dict(deletion.counts),
            sent_to=list(deletion.sent_to),
            waits_because=deletion.waits_because,
            left_because=list(deletion.left_because),
            done_at=deletion.done_at,
            rewritten_at=deletion.rewritten_at,
        )


class Deletions(BaseModel):
    deletions: list[Deletion]
    next_cursor: int | None
