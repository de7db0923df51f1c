"""A deletion carried out, step by step: rows, stored files, what waits, exports, memory.

Each step may happen again and then finds nothing: a process that is killed in the middle leaves the rest to the next.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from scarmass.domain.audit import Action, Event, Subject
from scarmass.domain.deletion import Deletion, require_not_kept
from scarmass.domain.errors import SignedReadingsKept, StoreUnavailable
from scarmass.domain.patient import plain_date, plain_name
from scarmass.domain.stack import StudyHeader
from scarmass.imaging.announced import Announced, announced
from scarmass.services.deletion.places import Places
from scarmass.storage import audit, deletions, erasing, jobs, signatures, studies
from scarmass.storage.deletions import Target
from scarmass.storage.jobs import Queue
from scarmass.storage.orphans import remove_unnamed
from scarmass.storage.results import remove_results, why_not_written
from scarmass.storage.spool import Spool, Waiting

log = logging.getLogger(__name__)

RETRY_S = 30
PAUSE_S = 1
"""So long others are waited for, again and again: who works on what was deleted, imports, a backup."""
MAY_BE_ANOTHER = "A study that came meanwhile stays: it has this PatientID, and may be another person's."
WAITS_FOR_ANOTHER = (
    "What came over the network and waits, or was set aside, stays: it has this PatientID, and may be another person's."
)
UNEXPECTED = "An unexpected error, of which the server's log tells more."


def carry_out(places: Places, deletion_id: uuid.UUID) -> bool:
    """Do what is left of a deletion; answers whether all is done. Where something is in the way, it is tried again."""
    _erase_rows(places, deletion_id)
    target = _undisturbed(places, deletion_id)
    if isinstance(target, bool):
        return target
    try:
        files, is_done = remove_unnamed(places.database, places.files, target.files)
    except StoreUnavailable as error:
        return _again_later(places, deletion_id, str(error))
    counts, is_left = Counter(stored_files=files), False
    if not is_done:
        return _again_soon(places, deletion_id, counts)
    if places.spool is not None:
        counts["spooled"], is_left = _erase_spooled(places, places.spool, target)
    because = None
    try:
        counts["exports"] = _erase_exports(places, target)
    except OSError as error:
        assert places.results_folder is not None
        because = why_not_written(places.results_folder, error)
    with places.database.transaction() as session:
        if deletions.lock_target(session, deletion_id) is None:
            return True  # another process was as fast
        deletions.count(session, deletion_id, +counts)
        if is_left:
            deletions.note_reason(session, deletion_id, WAITS_FOR_ANOTHER)
        if because is not None:
            deletions.wait(session, deletion_id, because)
            jobs.add_job(session, deletion_id, Queue.DELETING, wait_s=RETRY_S)
        else:
            deletions.finish(session, deletion_id)
    return because is None


def give_up_for_now(places: Places, deletion_id: uuid.UUID) -> None:
    """Nothing that is to be deleted is set aside for good: `take_up` has it tried again."""
    _again_later(places, deletion_id, UNEXPECTED)


def take_up(places: Places) -> bool:
    """Queue again what ended processes left; answers whether a job is due."""
    with places.database.transaction() as session:
        jobs.take_back_stalled(session, Queue.DELETING)
        waiting = set(deletions.unfinished(session)) - jobs.readings_with_a_job(session, Queue.DELETING)
        for deletion_id in waiting:
            jobs.add_job(session, deletion_id, Queue.DELETING)
        return jobs.is_job_due(session, Queue.DELETING)


def _erase_rows(places: Places, deletion_id: uuid.UUID) -> None:
    """A transaction a study; those of the patient that came meanwhile go as well, where nothing is against it."""
    while True:
        with places.database.transaction() as session:
            target = deletions.lock_target(session, deletion_id)
            if target is None:
                return
            came = _came_meanwhile(session, target)
            uid = next(iter((*target.studies, *came)), None)
            if uid is None:
                return
            deletion = deletions.get(session, deletion_id)
            erasing.lock_rows(session, uid)
            if uid in came and not target.is_of_patient(came[uid]):
                deletions.note_left(session, deletion_id, target, uid, MAY_BE_ANOTHER)
                continue
            if (because := _kept_because(places, session, deletion, uid)) is not None:
                deletions.note_left(session, deletion_id, target, uid, because)
                continue
            event = _event(session, deletion, uid)
            deletions.note_rows(session, deletion_id, target, uid, erasing.erase_rows(session, uid))
            audit.append(session, [event])


def _came_meanwhile(session: Session, target: Target) -> dict[str, StudyHeader]:
    """By their UIDs, studies under the PatientID of whom everything goes, but for those that are left already."""
    found = [] if target.patient_id is None else erasing.studies_of_patient(session, target.patient_id)
    known = {*target.studies, *target.left}
    return {one.study_instance_uid: one for one in found if one.study_instance_uid not in known}


def _kept_because(places: Places, session: Session, deletion: Deletion, study_instance_uid: str) -> str | None:
    """Why a study stays, where readings of it were signed since the deletion was asked for; None where none were."""
    signed_at = signatures.signed_at(session, study_instance_uid)
    try:
        require_not_kept(signed_at, places.rules, deletion.request.although_signed, datetime.now(UTC))
    except SignedReadingsKept as kept:
        return f"A study that was signed meanwhile stays: {kept}."
    return None


def _event(session: Session, deletion: Deletion, study_instance_uid: str) -> Event:
    """That a study goes, as the audit trail keeps it, which is the one place that names the patient afterwards."""
    study = studies.header_of(session, study_instance_uid)
    request = deletion.request
    return Event(
        Action.DELETE,
        request.asked_by,
        subject=Subject("" if study is None else study.patient_id, study_instance_uid),
        about={"deletion": str(deletion.id), "because": request.reason.value},
    )


def _undisturbed(places: Places, deletion_id: uuid.UUID) -> Target | bool:
    """The target when nobody works on its readings and transfers any more, who might write what was just removed.

    False where somebody does: then it is tried again; True where all is done.
    """
    with places.database.transaction() as session:
        target = deletions.lock_target(session, deletion_id)
        if target is None:
            return True
        for queue in Queue:
            jobs.take_back_stalled(session, queue)
        ids = [uuid.UUID(one) for one in (*target.readings, *target.transfers)]
        jobs.drop(session, ids)
        if not jobs.is_any_running(session, ids):
            return target
    return _again_soon(places, deletion_id)


def _again_soon(places: Places, deletion_id: uuid.UUID, counts: Counter[str] | None = None) -> bool:
    """False, as it is not done yet. counts: of what is done."""
    with places.database.transaction() as session:
        if counts and deletions.lock_target(session, deletion_id) is not None:
            deletions.count(session, deletion_id, +counts)
        jobs.add_job(session, deletion_id, Queue.DELETING, wait_s=PAUSE_S)
    return False


def _again_later(places: Places, deletion_id: uuid.UUID, because: str) -> bool:
    """False, as it is not done yet; the record says why."""
    with places.database.transaction() as session:
        if deletions.lock_target(session, deletion_id) is not None:
            deletions.wait(session, deletion_id, because)
            jobs.add_job(session, deletion_id, Queue.DELETING, wait_s=RETRY_S)
    return False


def _erase_spooled(places: Places, spool: Spool, target: Target) -> tuple[int, bool]:
    """What came over the network and was not taken in yet, also what was set aside; notes that name an object.

    How many went, and whether something stays that has the PatientID.
    """
    removed, is_left = 0, False
    for one in spool.waiting():
        if _is_meant(places, target, one):
            spool.remove(one)
            removed += 1
        elif not one.is_note:
            is_left |= _has_patient_id(places, target, one.path)
    for path in list(spool.set_aside_before()):
        if _is_of(places, target, announced(path)):
            path.unlink(missing_ok=True)
            removed += 1
        else:
            is_left |= _has_patient_id(places, target, path)
    return removed, is_left


def _has_patient_id(places: Places, target: Target, path: Path) -> bool:
    """Of a study of which that is not told yet."""
    try:
        study = _study_of(places, announced(path))
    except FileNotFoundError:  # taken in meanwhile
        return False
    return study.patient_id == target.patient_id and study.study_instance_uid not in target.left


def _is_meant(places: Places, target: Target, one: Waiting) -> bool:
    try:
        if one.is_note:
            return not target.uids.isdisjoint(_texts(one.note()[1]))
        return _is_of(places, target, announced(one.path))
    except (FileNotFoundError, ValueError):  # taken in meanwhile, or no note that can be read
        return False


def _is_of(places: Places, target: Target, head: Announced) -> bool:
    study = _study_of(places, head)
    uid = study.study_instance_uid
    return uid in target.uids or (uid not in target.left and target.is_of_patient(study))


def _study_of(places: Places, head: Announced) -> StudyHeader:
    """The study as it will be stored."""
    uid, patient_id = head.study_instance_uid, head.patient_id
    name, birth_date = plain_name(head.patient_name), plain_date(head.patient_birth_date)
    if places.pseudonyms is None:
        return StudyHeader(uid, name, patient_id, birth_date)
    stands_for = places.pseudonyms
    pseudonym = stands_for.of_name(patient_id, name, birth_date)
    return StudyHeader(stands_for.of_uid(uid), pseudonym, stands_for.of_patient(patient_id))


def _texts(payload: object) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        yield from _texts(list(payload.values()))
    elif isinstance(payload, list):
        for one in payload:
            yield from _texts(one)


def _erase_exports(places: Places, target: Target) -> int:
    """Raises OSError where the results folder is away."""
    folder: Path | None = places.results_folder
    return 0 if folder is None or not target.readings else remove_results(folder, frozenset(target.readings))
