"""Deletions asked for: of a study, or of a patient with all of their studies; each is a job from then on."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from scarmass.domain.deletion import (
    Deletion,
    DeletionRequest,
    require_confirmed,
    require_not_kept,
)
from scarmass.domain.errors import (
    ClientIdReused,
    NotAllowed,
    PatientAmbiguous,
    PatientNotFound,
    StudyNotFound,
    StudyOnWorklist,
)
from scarmass.domain.patient import is_same_patient
from scarmass.domain.stack import StudyHeader
from scarmass.services.deletion.places import Places
from scarmass.storage import deletions, erasing, jobs, signatures, studies
from scarmass.storage.deletions import Target
from scarmass.storage.jobs import Queue
from scarmass.storage.record_key import confirmation_hash, patient_hash


def delete_study(places: Places, study_instance_uid: str, typed: str, request: DeletionRequest) -> Deletion:
    """Delete a study that is off the worklist, or every study of its patient. typed: the confirmation.

    Whoever sees some study groups alone deletes study by study: a patient's others are not theirs to delete.

    Raises NotAllowed, StudyNotFound, StudyOnWorklist, DeletionNotConfirmed, SignedReadingsKept, PatientAmbiguous,
    PatientNotFound, ClientIdReused.
    """
    request = replace(request, confirmation_hash=confirmation_hash(places.key, study_instance_uid, typed))
    with places.database.transaction() as session:
        if (before := deletions.by_client_id(session, request.client_id)) is not None:
            return _same(before, request)
        study = _off_worklist(session, study_instance_uid)
        require_confirmed(study, typed)
        if request.whole_patient:
            if places.database.sight is not None:
                raise NotAllowed("you do not see every study group: delete the patient's studies one by one")
            return _delete_patient(places, session, study.patient_id, request)
        return _add(places, session, Target((study_instance_uid,)), study.patient_id, request)


def delete_patient(places: Places, patient_id: str, request: DeletionRequest) -> Deletion:
    """Delete every study of a patient, wherever it is. Raises PatientNotFound, PatientAmbiguous, SignedReadingsKept."""
    with places.database.transaction() as session:
        return _delete_patient(places, session, patient_id, request)


def delete_by_retention(places: Places, study_instance_uid: str, request: DeletionRequest) -> Deletion:
    """Delete a study whose time is over. Raises StudyNotFound, StudyOnWorklist, SignedReadingsKept."""
    with places.database.transaction() as session:
        study = _off_worklist(session, study_instance_uid)
        return _add(places, session, Target((study_instance_uid,)), study.patient_id, request)


def found_of_patient(places: Places, patient_id: str) -> list[StudyHeader]:
    """What a deletion of the patient would take away. Raises PatientNotFound, PatientAmbiguous."""
    with places.database.transaction() as session:
        return _studies(session, patient_id)


def page_of_deletions(places: Places, limit: int, before: int | None) -> list[Deletion]:
    """The newest first."""
    with places.database.transaction() as session:
        return deletions.page(session, limit, before)


def get_deletion(places: Places, deletion_id: uuid.UUID) -> Deletion:
    """Raises DeletionNotFound."""
    with places.database.transaction() as session:
        return deletions.get(session, deletion_id)


def _same(before: Deletion, request: DeletionRequest) -> Deletion:
    """Raises ClientIdReused."""
    if before.request.confirmation_hash is None:  # as an earlier version asked it
        request = replace(request, confirmation_hash=None)
    if before.request != request:
        raise ClientIdReused("this client_id asked for another deletion")
    return before


def _off_worklist(session: Session, study_instance_uid: str) -> StudyHeader:
    """Raises StudyNotFound, StudyOnWorklist."""
    study = studies.header_of(session, study_instance_uid)
    if study is None:
        raise StudyNotFound("no such study")
    if not studies.is_removed(session, study_instance_uid):
        raise StudyOnWorklist("take the study off the worklist first: only then it can be deleted for good")
    return study


def _delete_patient(places: Places, session: Session, patient_id: str, request: DeletionRequest) -> Deletion:
    found = _studies(session, patient_id)
    target = Target(tuple(study.study_instance_uid for study in found))
    if places.database.sight is None:  # else they delete what they see, and nothing that comes later
        known = next((study for study in found if study.patient_birth_date), found[0])
        target = Target(target.studies, patient_id, known.patient_name, known.patient_birth_date)
    return _add(places, session, target, patient_id, request)


def _studies(session: Session, patient_id: str) -> list[StudyHeader]:
    """Raises PatientNotFound, PatientAmbiguous."""
    if not patient_id.strip():
        raise PatientNotFound("a patient without a PatientID is deleted study by study")
    found = erasing.studies_of_patient(session, patient_id)
    if not found:
        raise PatientNotFound("nothing that is stored has this PatientID")
    if not all(is_same_patient(one, other) for one in found for other in found):
        raise PatientAmbiguous("two persons with different birth dates have this PatientID: delete study by study")
    return found


def _add(places: Places, session: Session, target: Target, patient_id: str, request: DeletionRequest) -> Deletion:
    _require_not_kept(places, session, target.studies, request)
    deletion = _same(deletions.add(session, request, patient_hash(places.key, patient_id), target), request)
    jobs.add_job(session, deletion.id, Queue.DELETING)
    return deletion


def _require_not_kept(places: Places, session: Session, uids: Sequence[str], request: DeletionRequest) -> None:
    signed_at = [at for uid in uids for at in signatures.signed_at(session, uid)]
    require_not_kept(signed_at, places.rules, request.although_signed, datetime.now(UTC))
