"""Deletion for good: who asked for it and why, what must be said before, and what is kept for how long."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scarmass.domain.errors import DeletionNotConfirmed, SignedReadingsKept
from scarmass.domain.stack import StudyHeader


class DeletionReason(StrEnum):
    """Why a patient or a study is deleted. One of a list and no text, as a text might name the patient."""

    PATIENT_ASKED = "patient_asked"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    WRONG_PATIENT = "wrong_patient"
    STUDY_ENDED = "study_ended"
    RETENTION_ENDED = "retention_ended"
    OTHER = "other"


@dataclass(frozen=True)
class DeletionRequest:
    """What somebody asks to have deleted. client_id: of the request, which does the same when it comes again.

    whole_patient: every study of the patient, and not one alone. although_signed: also what is to be kept still.
    confirmation_hash: keyed, of the study that was named and what was typed; None where nothing was.
    """

    client_id: uuid.UUID
    reason: DeletionReason
    asked_by: str
    whole_patient: bool = False
    although_signed: bool = False
    confirmation_hash: str | None = None


@dataclass(frozen=True)
class Deletion:
    """The record of a deletion, which holds nothing of the patient but a keyed hash of the PatientID.

    counts: what was removed so far, by kind. sent_to: peers that results were sent to, which have copies of their own.
    waits_because: what is in its way, None where nothing is. left_because: why studies that it might have removed stay.
    done_at: None while it goes on. rewritten_at: when the database's files were written anew without what was deleted.
    """

    id: uuid.UUID
    number: int
    patient_hash: str
    request: DeletionRequest
    asked_at: datetime
    counts: Mapping[str, int]
    sent_to: tuple[str, ...]
    waits_because: str | None
    left_because: tuple[str, ...]
    done_at: datetime | None
    rewritten_at: datetime | None


@dataclass(frozen=True)
class RetentionRules:
    """How long studies stay, in days; None is for ever.

    without_reading: after the last image came, where no reader worked on any of its readings. after_signing: after the
    last signature, where nothing is left to be signed. off_worklist: what is due is off the worklist for so long before
    it is deleted. signed: a signed reading is not deleted sooner unless somebody says so.
    """

    without_reading: int | None = None
    after_signing: int | None = None
    off_worklist: int = 30
    signed: int = 3650

    @property
    def is_on(self) -> bool:
        return self.without_reading is not None or self.after_signing is not None


@dataclass(frozen=True)
class StudyUse:
    """When a study was last of use. came_at: its last image, or when somebody brought it back to the worklist.

    is_held: a reader changed a reading that is not signed, or a reader study measures it. signed_at: of its last
    signature. off_since: when retention took it off the worklist, None where it did not.
    """

    study_instance_uid: str
    came_at: datetime
    is_held: bool
    signed_at: datetime | None
    off_since: datetime | None

    def is_over(self, rules: RetentionRules, now: datetime) -> bool:
        """Whether its time is over. Work that nobody signed is never thrown away by itself."""
        if self.is_held:
            return False
        if self.signed_at is None:
            return rules.without_reading is not None and now >= self.came_at + timedelta(days=rules.without_reading)
        if rules.after_signing is None:
            return False
        last = max(self.came_at, self.signed_at)
        return now >= last + timedelta(days=max(rules.after_signing, rules.signed))

    def is_to_be_deleted(self, rules: RetentionRules, now: datetime) -> bool:
        """Whether it was off the worklist for long enough."""
        if self.off_since is None or not self.is_over(rules, now):
            return False
        return now >= self.off_since + timedelta(days=rules.off_worklist)


def required_confirmation(study: StudyHeader) -> str:
    """What has to be typed before a study, or its patient, is deleted: the first of these that is not empty."""
    return study.patient_id.strip() or study.patient_name.strip() or study.study_instance_uid


def require_confirmed(study: StudyHeader, typed: str) -> None:
    """Raises DeletionNotConfirmed."""
    if typed.strip() != required_confirmation(study):
        raise DeletionNotConfirmed("what was typed is not the PatientID of this study: nothing was deleted")


def require_not_kept(
    signed_at: Sequence[datetime], rules: RetentionRules, although_signed: bool, now: datetime
) -> None:
    """signed_at: of the signatures that a deletion would remove. Raises SignedReadingsKept."""
    until = max((at + timedelta(days=rules.signed) for at in signed_at), default=now)
    if until > now and not although_signed:
        raise SignedReadingsKept(
            f"signed readings are kept until {until:%Y-%m-%d}: to delete them earlier has to be said expressly"
        )
