"""Studies and their stored objects."""

import hashlib
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.errors import StudyNotFound
from scarmass.domain.stack import (
    SliceHeader,
    Study,
    StudyHeader,
)
from scarmass.storage.documents import (
    header_from_json,
    header_to_json,
)
from scarmass.storage.stacks import notify_readings, stack_of_row, study_header
from scarmass.storage.tables import (
    FrameRow,
    InstanceRow,
    StudyChangeRow,
    StudyRow,
)


def lock_study(session: Session, study_instance_uid: str) -> None:
    """Let no other transaction change this study's stacks, or open a reading of them, until ours ends."""
    key = int.from_bytes(hashlib.sha256(study_instance_uid.encode()).digest()[:8], "big", signed=True)
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


def add_study(session: Session, header: StudyHeader, study_group: str = "") -> StudyHeader:
    """The stored study of this UID, added where it was not there. study_group: where it is new."""
    row = session.get(StudyRow, header.study_instance_uid, options=[lazyload(StudyRow.stacks)])
    if row is None:
        row = StudyRow(**asdict(header), study_group=study_group)
        session.add(row)
    elif not row.accession_number:
        row.accession_number = header.accession_number
    session.flush()
    return study_header(row)


def header_of(session: Session, study_instance_uid: str) -> StudyHeader | None:
    """Patient and study as they are stored, None where the study is not here."""
    row = session.get(StudyRow, study_instance_uid, options=[lazyload(StudyRow.stacks)])
    return None if row is None else study_header(row)


def study_group_of(session: Session, study_instance_uid: str) -> str | None:
    """None where the study is not here."""
    query = select(StudyRow.study_group).where(StudyRow.study_instance_uid == study_instance_uid)
    return session.scalar(query)


def set_study_group(session: Session, study_instance_uid: str, author: str, study_group: str) -> None:
    """Let another group see a study, record who did, and wake who follows a reading of it. Raises StudyNotFound."""
    row = session.get(StudyRow, study_instance_uid)
    if row is None:
        raise StudyNotFound("no such study")
    if row.study_group != study_group:
        change = {"study_group": study_group, "before": row.study_group}
        row.study_group = study_group
        session.add(StudyChangeRow(study_instance_uid=study_instance_uid, author=author, change=change))
        notify_readings(session, [stack.stack_id for stack in row.stacks])
        session.flush()


def is_removed(session: Session, study_instance_uid: str) -> bool:
    """Whether a study that is stored is off the worklist."""
    return bool(session.scalar(select(StudyRow.is_removed).where(StudyRow.study_instance_uid == study_instance_uid)))


def delete_if_empty(session: Session, study_instance_uid: str) -> None:
    """Take a study away that has no object."""
    query = select(func.count()).where(InstanceRow.study_instance_uid == study_instance_uid)
    if not session.scalar(query):
        session.execute(delete(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid))


@dataclass(frozen=True)
class StoredInstance:
    """Which study holds an object, and its content."""

    study_instance_uid: str
    sha256: str


def add_instances(
    session: Session, study_instance_uid: str, objects: Sequence[tuple[Sequence[SliceHeader], str]]
) -> list[StoredInstance | None]:
    """Add objects, each its frames and its sha256; answers for each what is stored under its UID already, which stays.

    Of two objects of one UID among them the first is added, and is what is stored for the second.
    """
    added = [
        {
            "sop_instance_uid": frames[0].sop_instance_uid,
            "study_instance_uid": study_instance_uid,
            "series_instance_uid": frames[0].series_instance_uid,
            "sha256": sha256,
        }
        for frames, sha256 in objects
    ]
    if not added:
        return []
    adding = insert(InstanceRow).on_conflict_do_nothing().returning(InstanceRow.sop_instance_uid)
    new = set(session.scalars(adding, added))
    stored = _stored_instances(session, {row["sop_instance_uid"] for row in added} - new)
    answers: list[StoredInstance | None] = []
    for frames, sha256 in objects:
        uid = frames[0].sop_instance_uid
        answers.append(stored.get(uid))
        stored.setdefault(uid, StoredInstance(study_instance_uid, sha256))
    _add_frames(session, [frames for (frames, _), is_there in zip(objects, answers, strict=True) if is_there is None])
    return answers


def _add_frames(session: Session, objects: Sequence[Sequence[SliceHeader]]) -> None:
    rows = [
        {"sop_instance_uid": one.sop_instance_uid, "frame_number": one.frame_number, "header": header_to_json(one)}
        for frames in objects
        for one in frames
    ]
    if rows:
        session.execute(insert(FrameRow), rows)


def _stored_instances(session: Session, sop_instance_uids: Set[str]) -> dict[str, StoredInstance]:
    wanted = any_(literal(list(sop_instance_uids), ARRAY(Text)))
    rows = session.scalars(select(InstanceRow).where(InstanceRow.sop_instance_uid == wanted))
    return {row.sop_instance_uid: StoredInstance(row.study_instance_uid, row.sha256) for row in rows}


def stored_objects(session: Session, sop_instance_uids: Sequence[str]) -> dict[str, str]:
    """The sha256 of those of these objects that are stored, by their UID."""
    return {uid: one.sha256 for uid, one in _stored_instances(session, set(sop_instance_uids)).items()}


def stored_studies(session: Session, study_instance_uids: Sequence[str]) -> set[str]:
    """Those of these studies that are stored."""
    wanted = any_(literal(list(study_instance_uids), ARRAY(Text)))
    return set(session.scalars(select(StudyRow.study_instance_uid).where(StudyRow.study_instance_uid == wanted)))


def headers_of(session: Session, study_instance_uid: str) -> list[SliceHeader]:
    """Of every image of the study."""
    query = select(FrameRow.header).join(InstanceRow, InstanceRow.sop_instance_uid == FrameRow.sop_instance_uid)
    query = query.where(InstanceRow.study_instance_uid == study_instance_uid)
    headers = session.scalars(query.order_by(FrameRow.sop_instance_uid, FrameRow.frame_number))
    return [header_from_json(header) for header in headers]


def get_study(session: Session, study_instance_uid: str) -> Study:
    """Raises StudyNotFound."""
    row = session.scalar(select(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid))
    if row is None:
        raise StudyNotFound("no such study")
    return _study(row)


def other_studies_of_patient(session: Session, study: StudyHeader) -> list[Study]:
    """The other studies on the worklist that have a study's PatientID, the newest first."""
    query = select(StudyRow).where(StudyRow.patient_id == study.patient_id, StudyRow.is_removed.is_(False))
    query = query.where(StudyRow.study_instance_uid != study.study_instance_uid)
    query = query.order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc())
    return [_study(row) for row in session.scalars(query)]


def has_studies(session: Session) -> bool:
    return session.scalar(select(StudyRow.study_instance_uid).limit(1)) is not None


def imported_since(session: Session, study_instance_uid: str, time: datetime) -> set[str]:
    """SOP Instance UIDs of the images that came into the study after a time."""
    query = select(InstanceRow.sop_instance_uid).where(InstanceRow.study_instance_uid == study_instance_uid)
    return set(session.scalars(query.where(InstanceRow.imported_at > time)))


def _study(row: StudyRow) -> Study:
    return Study(study_header(row), tuple(stack_of_row(stack) for stack in row.stacks))
