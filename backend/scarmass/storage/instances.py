"""Stored objects as DICOMweb lists them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.storage.documents import header_from_json
from scarmass.storage.stacks import study_header
from scarmass.storage.tables import FrameRow, InstanceRow, StudyRow


@dataclass(frozen=True)
class StoredObject:
    """header: of its first frame."""

    study_instance_uid: str
    sha256: str
    header: SliceHeader


def objects_of_study(session: Session, study_instance_uid: str) -> list[StoredObject]:
    """By series and SOP Instance UID; none where there is no such study."""
    query = (
        select(InstanceRow.sha256, FrameRow.header)
        .join(FrameRow, FrameRow.sop_instance_uid == InstanceRow.sop_instance_uid)
        .where(InstanceRow.study_instance_uid == study_instance_uid, FrameRow.frame_number == 1)
        .order_by(InstanceRow.series_instance_uid, InstanceRow.sop_instance_uid)
    )
    return [StoredObject(study_instance_uid, sha, header_from_json(header)) for sha, header in session.execute(query)]


def headers_of_studies(session: Session) -> list[StudyHeader]:
    """Of the studies on the worklist, the newest first."""
    query = select(StudyRow).options(lazyload(StudyRow.stacks)).where(StudyRow.is_removed.is_(False))
    query = query.order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc())
    return [study_header(row) for row in session.scalars(query)]


def counts_of_study(session: Session, study_instance_uid: str) -> tuple[int, int]:
    """How many series and objects are stored of it."""
    query = select(func.count(InstanceRow.series_instance_uid.distinct()), func.count())
    series, objects = session.execute(query.where(InstanceRow.study_instance_uid == study_instance_uid)).one()
    return series, objects
