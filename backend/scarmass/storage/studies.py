"""Rows of studies, their stored objects and their stacks."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import InstanceConflict, SliceNotFound, StackNotFound, StudyNotFound
from scarmass.storage.tables import InstanceRow, ReadingRow, SliceRow, StackRow, StudyRow


def lock_study(session: Session, study_instance_uid: str) -> None:
    """Let no other transaction change this study's stacks until ours ends."""
    key = int.from_bytes(hashlib.sha256(study_instance_uid.encode()).digest()[:8], "big", signed=True)
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": key})


def add_study(session: Session, study: StudyRow) -> StudyRow:
    """The stored study of this UID, added where it was not there."""
    return session.get(StudyRow, study.study_instance_uid) or _added(session, study)


def _added(session: Session, study: StudyRow) -> StudyRow:
    session.add(study)
    session.flush()
    return study


def delete_if_empty(session: Session, study: StudyRow) -> None:
    """Take a study away that has no object."""
    query = select(func.count()).where(InstanceRow.study_instance_uid == study.study_instance_uid)
    if not session.scalar(query):
        session.delete(study)


def add_instance(session: Session, instance: InstanceRow) -> None:
    """Add an object; the same one again changes nothing. Raises InstanceConflict for other content."""
    values = {c.name: getattr(instance, c.name) for c in InstanceRow.__table__.columns}
    adding = insert(InstanceRow).values(values).on_conflict_do_nothing().returning(InstanceRow.sop_instance_uid)
    if session.scalar(adding) is not None:
        return
    stored = session.get_one(InstanceRow, instance.sop_instance_uid)
    if (stored.sha256, stored.study_instance_uid) != (instance.sha256, instance.study_instance_uid):
        raise InstanceConflict("this SOP Instance UID is already stored with other content; the stored one is kept")


def instances_of(session: Session, study_instance_uid: str) -> list[InstanceRow]:
    query = select(InstanceRow).where(InstanceRow.study_instance_uid == study_instance_uid)
    return list(session.scalars(query.order_by(InstanceRow.sop_instance_uid)))


def replace_stacks(session: Session, study_instance_uid: str, stacks: Iterable[StackRow]) -> None:
    """Make these the study's stacks. What a reader said of a stack stays; a stack with a reading is never dropped."""
    stored = {row.stack_id: row for row in stacks_of(session, study_instance_uid)}
    for new in stacks:
        old = stored.pop(new.stack_id, None)
        if old is None:
            session.add(new)
            continue
        for column in ("ordinal", "description", "contrast", "is_lge", "is_lge_because", "warnings"):
            setattr(old, column, getattr(new, column))
        if [s.sop_instance_uid for s in old.slices] != [s.sop_instance_uid for s in new.slices]:
            session.execute(delete(SliceRow).where(SliceRow.stack_id == old.stack_id))
            session.expire(old, ["slices"])
            session.add_all(_moved(old.stack_id, new.slices))
    for orphan in stored.values():
        if not session.scalar(select(func.count()).where(ReadingRow.stack_id == orphan.stack_id)):
            session.delete(orphan)
    session.flush()


def _moved(stack_id: str, slices: Iterable[SliceRow]) -> list[SliceRow]:
    return [
        SliceRow(
            stack_id=stack_id,
            index=row.index,
            sop_instance_uid=row.sop_instance_uid,
            frame_number=row.frame_number,
            slice_spacing_mm=row.slice_spacing_mm,
        )
        for row in slices
    ]


def stacks_of(session: Session, study_instance_uid: str) -> list[StackRow]:
    query = select(StackRow).where(StackRow.study_instance_uid == study_instance_uid).order_by(StackRow.ordinal)
    return list(session.scalars(query))


def page_of_studies(session: Session, limit: int, after: tuple[str, str] | None) -> list[StudyRow]:
    """Studies newest first, at most limit, those after (study_date, study_instance_uid)."""
    key = tuple_(StudyRow.study_date, StudyRow.study_instance_uid)
    query = select(StudyRow).order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc()).limit(limit)
    if after is not None:
        query = query.where(key < tuple_(*after))
    return list(session.scalars(query))


def get_study(session: Session, study_instance_uid: str) -> StudyRow:
    query = select(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid)
    row = session.scalar(query)
    if row is None:
        raise StudyNotFound("no such study")
    return row


def get_stack(session: Session, stack_id: str) -> StackRow:
    query = select(StackRow).where(StackRow.stack_id == stack_id)
    row = session.scalar(query)
    if row is None:
        raise StackNotFound("no such stack")
    return row


def get_slice(session: Session, sop_instance_uid: str, frame_number: int) -> SliceRow:
    """The slice in its stack (in the one with most slices, where it stands in several)."""
    query = select(SliceRow).where(SliceRow.sop_instance_uid == sop_instance_uid, SliceRow.frame_number == frame_number)
    rows = list(session.scalars(query))
    if not rows:
        raise SliceNotFound("no such slice")
    return max(rows, key=lambda row: (len(row.stack.slices), row.stack_id))


def has_studies(session: Session) -> bool:
    return session.scalar(select(StudyRow.study_instance_uid).limit(1)) is not None
