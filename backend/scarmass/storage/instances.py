"""Stored objects as DICOMweb lists them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.stack import SliceHeader, StudyHeader
from scarmass.storage.documents import header_from_json
from scarmass.storage.stacks import study_header
from scarmass.storage.tables import FrameRow, InstanceRow, SegmentationRow, StudyRow


@dataclass(frozen=True)
class StoredObject:
    """An image. header: of the first of its frames that are kept, None where none is."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sha256: str
    header: SliceHeader | None


def objects_of_study(session: Session, study_instance_uid: str) -> list[StoredObject]:
    """By series and SOP Instance UID; none where there is no such study."""
    uids = InstanceRow.series_instance_uid, InstanceRow.sop_instance_uid
    query = (
        select(*uids, InstanceRow.sha256, FrameRow.header)
        .ext(distinct_on(*uids))
        .outerjoin(FrameRow, FrameRow.sop_instance_uid == InstanceRow.sop_instance_uid)
        .where(InstanceRow.study_instance_uid == study_instance_uid)
        .order_by(*uids, FrameRow.frame_number)
    )
    return [
        StoredObject(study_instance_uid, series, uid, sha256, None if header is None else header_from_json(header))
        for series, uid, sha256, header in session.execute(query)
    ]


def headers_of_studies(session: Session) -> list[StudyHeader]:
    """Of the studies on the worklist, the newest first."""
    query = select(StudyRow).options(lazyload(StudyRow.stacks)).where(StudyRow.is_removed.is_(False))
    query = query.order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc())
    return [study_header(row) for row in session.scalars(query)]


def counts_of_study(session: Session, study_instance_uid: str) -> tuple[int, int]:
    """How many series and objects are stored of it, images and segmentations."""
    images = select(InstanceRow.series_instance_uid.label("series"))
    drawn = select(SegmentationRow.description["series_instance_uid"].astext.label("series"))
    stored = images.where(InstanceRow.study_instance_uid == study_instance_uid).union_all(
        drawn.where(SegmentationRow.study_instance_uid == study_instance_uid)
    )
    series = stored.subquery().c.series
    found = session.execute(select(func.count(series.distinct()), func.count(series))).one()
    return found[0], found[1]
