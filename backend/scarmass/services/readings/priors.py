"""Earlier studies of a patient, each with the reading that speaks for it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scarmass.domain.priors import Doubt, doubts_about, is_prior
from scarmass.domain.reading import ReadingState
from scarmass.domain.signature import Signature
from scarmass.domain.stack import Stack, Study, StudyHeader
from scarmass.services.context import Context
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.storage import readings, signatures, studies


@dataclass(frozen=True)
class Prior:
    """An earlier study by one of its stacks of late enhancement.

    doubts: what speaks against its being the same patient's. reading: the one that was signed last, else the newest
    draft; None where nobody read it.
    """

    study: Study
    stack: Stack
    doubts: tuple[Doubt, ...]
    reading: MeasuredReading | None

    @property
    def signature(self) -> Signature | None:
        return None if self.reading is None else self.reading.reading.record.signature


def priors_of(context: Context, study_instance_uid: str) -> list[Prior]:
    """The earlier studies of the study's patient, the newest first. Raises StudyNotFound."""
    with context.database.transaction() as session:
        study = studies.get_study(session, study_instance_uid).header
        return [
            Prior(prior, spoken.stack, doubts_about(study, prior.header), _measured(context, session, spoken.id))
            for prior, spoken in _spoken_for(session, study)
        ]


def signed_prior(context: Context, session: Session, study: StudyHeader, before: datetime | None) -> Prior | None:
    """The newest prior that is signed and beyond doubt. before: what was signed later was not known then."""
    for prior, spoken in _spoken_for(session, study, before):
        if spoken.signed_at is not None and not doubts_about(study, prior.header):
            return Prior(prior, spoken.stack, (), _measured(context, session, spoken.id))
    return None


def _measured(context: Context, session: Session, reading_id: uuid.UUID | None) -> MeasuredReading | None:
    return None if reading_id is None else measured(context, session, readings.get_reading(session, reading_id))


@dataclass(frozen=True)
class _Spoken:
    """A stack and the reading that speaks for it. signed_at: None of a draft."""

    stack: Stack
    id: uuid.UUID | None = None
    signed_at: datetime | None = None

    @property
    def rank(self) -> tuple[float, bool, int]:
        signed_at = 0.0 if self.signed_at is None else self.signed_at.timestamp()
        return signed_at, self.id is not None, len(self.stack.slices)


def _spoken_for(session: Session, header: StudyHeader, before: datetime | None = None) -> list[tuple[Study, _Spoken]]:
    """The priors of a study that have a stack of late enhancement, the newest first."""
    others = studies.other_studies_of_patient(session, header) if header.patient_id else []
    if not others:
        return []
    study = studies.get_study(session, header.study_instance_uid)
    found = []
    for other in others:
        stacks = [stack for stack in other.stacks if stack.is_lge]
        if stacks and is_prior(study, other):
            spoken = (_spoken(session, stack, before) for stack in stacks)
            found.append((other, max(spoken, key=lambda one: one.rank)))
    return found


def _spoken(session: Session, stack: Stack, before: datetime | None) -> _Spoken:
    """What was signed last counts, also while an amendment of it is a draft."""
    ids = readings.all_of_stack(session, stack.stack_id)
    signed = [
        _Spoken(stack, id, record.signature.signed_at)
        for id, record in signatures.records_of(session, ids).items()
        if record.signature is not None and (before is None or record.signature.signed_at < before)
    ]
    if signed:
        return max(signed, key=lambda one: one.rank)
    drafts = [id for id in ids if readings.stack_and_state(session, id)[1] is ReadingState.DRAFT]
    return _Spoken(stack, drafts[-1] if drafts else None)
