"""Whose data a request is about, by what it names: a study, or what belongs to one."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from scarmass.domain.audit import Named, Subject
from scarmass.storage.tables import InstanceRow, ReadingRow, StackRow, StudyRow, TransferRow

MOST = 1000
"""Of one request."""


def subjects_of(session: Session, named: Named, keys: Sequence[str]) -> list[Subject]:
    """Each patient and study of these once. What is not here has none, but for what says itself: a patient, a study."""
    keys = list(dict.fromkeys(keys))[:MOST]
    if named is Named.PATIENT:
        return [Subject(patient_id=key) for key in keys]
    known: Sequence[str | uuid.UUID] = keys
    if named in (Named.READING, Named.TRANSFER):
        known = [parsed for key in keys if (parsed := _uuid(key)) is not None]
    found = {uid: Subject(patient_id or "", uid) for uid, patient_id in session.execute(_query(named, known)).all()}
    if named is Named.STUDY:
        found |= {key: Subject(study_instance_uid=key) for key in keys if key not in found}
    return list(found.values())


def _query(named: Named, keys: Sequence[str | uuid.UUID]) -> Select[str, str]:
    query = select(StudyRow.study_instance_uid, StudyRow.patient_id)
    match named:
        case Named.STACK:
            return query.join(StackRow).where(StackRow.stack_id.in_(keys))
        case Named.READING:
            return query.join(StackRow).join(ReadingRow).where(ReadingRow.id.in_(keys))
        case Named.INSTANCE:
            return query.join(InstanceRow).where(InstanceRow.sop_instance_uid.in_(keys))
        case Named.TRANSFER:
            # A study that is still to be fetched is not here.
            query = select(TransferRow.study_instance_uid, StudyRow.patient_id)
            joined = query.outerjoin(StudyRow, StudyRow.study_instance_uid == TransferRow.study_instance_uid)
            return joined.where(TransferRow.id.in_(keys))
    return query.where(StudyRow.study_instance_uid.in_(keys))


def _uuid(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None
