"""Every row that names a study removed, of whichever table, and the files that rows named."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, TableClause, delete, exists, select
from sqlalchemy.orm import Session

from scarmass.domain.stack import StudyHeader
from scarmass.domain.transfers import Direction
from scarmass.storage import arrivals, jobs
from scarmass.storage.deletions import Removed
from scarmass.storage.notifications import notify
from scarmass.storage.studies import header_of, lock_study
from scarmass.storage.tables import (
    InstanceRow,
    ReaderStudyRow,
    ReaderStudyStackRow,
    ReadingRow,
    ReadingSliceRow,
    SegmentationRow,
    StackRow,
    StudyRow,
    Table,
    TransferRow,
)

Named = Mapping[str, Sequence[str] | Sequence[uuid.UUID]]

KEPT = frozenset({"audit_events"})
"""Tables that name studies and are left alone, as they are records of what was done."""

NAMES_STUDY, NAMES_STACK, NAMES_READING, NAMES_OBJECT = (
    "study_instance_uid",
    "stack_id",
    "reading_id",
    "sop_instance_uid",
)


def lock_rows(session: Session, study_instance_uid: str) -> tuple[list[str], list[uuid.UUID]]:
    """The study's stacks and readings, of which nothing is changed or signed any more until the transaction ends."""
    stack_ids = _locked(session, study_instance_uid)
    readings = select(ReadingRow.id).where(ReadingRow.stack_id.in_(stack_ids))
    return stack_ids, list(session.scalars(readings.with_for_update()))


def erase_rows(session: Session, study_instance_uid: str) -> Removed:
    """Remove all rows of a study, whoever works on it meanwhile; they find it gone.

    Of a reader study its stacks are taken out with what was measured of them, and it goes with its last one.
    """
    stack_ids, readings = lock_rows(session, study_instance_uid)
    of_study = InstanceRow.study_instance_uid == study_instance_uid
    objects = list(session.scalars(select(InstanceRow.sop_instance_uid).where(of_study)))
    drawn = SegmentationRow.study_instance_uid == study_instance_uid
    segmentations = list(session.scalars(select(SegmentationRow.sop_instance_uid).where(drawn)))
    files = {
        *session.scalars(select(InstanceRow.sha256).where(of_study)),
        *session.scalars(select(SegmentationRow.sha256).where(drawn)),
        *session.scalars(select(ReadingSliceRow.sha256).where(ReadingSliceRow.reading_id.in_(readings)).distinct()),
    }
    sent = select(TransferRow).where(TransferRow.study_instance_uid == study_instance_uid)
    transfers = session.scalars(sent.with_for_update()).all()
    named: Named = {
        NAMES_STUDY: [study_instance_uid],
        NAMES_STACK: stack_ids,
        NAMES_READING: readings,
        NAMES_OBJECT: objects,
    }
    counts: Counter[str] = Counter()
    for table in reversed(Table.metadata.sorted_tables):
        if (rows := _rows_of(table, named)) is not None:
            counts[table.name] += _deleted(session, table, rows)
    counts["reader_studies"] += _without_stacks(session)
    counts["jobs"] += jobs.drop(session, [*readings, *(one.id for one in transfers)])
    uids = {study_instance_uid, *objects, *segmentations}
    counts["refused"] += arrivals.forget(session, uids)
    for reading_id in readings:
        notify(session, str(reading_id))
    return Removed(
        counts=+counts,
        objects=(*objects, *segmentations),
        readings=tuple(map(str, readings)),
        transfers=tuple(str(one.id) for one in transfers),
        files=tuple(sorted(files)),
        sent_to=frozenset(one.peer for one in transfers if one.direction == Direction.SEND.value and one.attempts),
    )


def studies_of_patient(session: Session, patient_id: str) -> list[StudyHeader]:
    """The studies that have this PatientID, also those of which only a segmentation is here; in order of their UIDs."""
    drawn_for = SegmentationRow.description["study"]
    drawn = select(SegmentationRow.study_instance_uid, drawn_for).where(drawn_for["patient_id"].astext == patient_id)
    found = {uid: StudyHeader(**said) for uid, said in session.execute(drawn.order_by(SegmentationRow.number))}
    of_patient = select(StudyRow.study_instance_uid).where(StudyRow.patient_id == patient_id)
    uids = sorted(found.keys() | set(session.scalars(of_patient)))
    return [header_of(session, uid) or found.get(uid, StudyHeader(uid, patient_id=patient_id)) for uid in uids]


def _locked(session: Session, study_instance_uid: str) -> list[str]:
    """The study's stacks, when nobody else can change what is to be removed, in the order in which others lock."""
    of_study = select(StackRow.stack_id).where(StackRow.study_instance_uid == study_instance_uid)
    measured = select(ReaderStudyStackRow.reader_study_id).where(ReaderStudyStackRow.stack_id.in_(of_study))
    reader_studies = select(ReaderStudyRow.id).where(ReaderStudyRow.id.in_(measured)).order_by(ReaderStudyRow.id)
    session.execute(reader_studies.with_for_update()).all()
    lock_study(session, study_instance_uid)
    return list(session.scalars(of_study.order_by(StackRow.stack_id).with_for_update()))


def _rows_of(
    table: TableClause, named: Mapping[str, Sequence[str] | Sequence[uuid.UUID]]
) -> ColumnElement[bool] | None:
    """By the first of the names that the table has; None where it has none, or is kept."""
    column = next((name for name in named if name in table.c), None)
    return None if column is None or table.name in KEPT else table.c[column].in_(named[column])


def _without_stacks(session: Session) -> int:
    has_stacks = exists().where(ReaderStudyStackRow.reader_study_id == ReaderStudyRow.id)
    return _deleted(session, Table.metadata.tables[ReaderStudyRow.__tablename__], ~has_stacks)


def _deleted(session: Session, table: TableClause, rows: ColumnElement[bool]) -> int:
    return cast(CursorResult, session.execute(delete(table).where(rows))).rowcount
