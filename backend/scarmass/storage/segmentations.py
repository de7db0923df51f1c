"""Segmentations of others, kept beside the studies that they belong to."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ARRAY, Text, any_, exists, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from scarmass.domain.errors import SegmentationNotFound
from scarmass.domain.segmentation import Meaning, SegmentationKind, SegmentationObject, SegmentDescription
from scarmass.domain.stack import StudyHeader
from scarmass.storage.documents import Json
from scarmass.storage.tables import SegmentationRow, StudyRow


@dataclass(frozen=True)
class StoredSegmentation:
    """sha256: of the stored file."""

    content: SegmentationObject
    sha256: str


def stored_under(session: Session, sop_instance_uid: str) -> StoredSegmentation | None:
    row = session.get(SegmentationRow, sop_instance_uid)
    return None if row is None else _stored(row)


def count_of_study(session: Session, study_instance_uid: str) -> int:
    return count_by_study(session, [study_instance_uid]).get(study_instance_uid, 0)


def count_by_study(session: Session, study_instance_uids: Sequence[str]) -> dict[str, int]:
    """How many each of these studies has; those that have none are left out."""
    query = select(SegmentationRow.study_instance_uid, func.count()).group_by(SegmentationRow.study_instance_uid)
    wanted = any_(literal(list(study_instance_uids), ARRAY(Text)))
    rows = session.execute(query.where(SegmentationRow.study_instance_uid == wanted))
    return {row[0]: row[1] for row in rows}


def add_segmentation(session: Session, content: SegmentationObject, sha256: str) -> None:
    session.add(
        SegmentationRow(
            sop_instance_uid=content.sop_instance_uid,
            study_instance_uid=content.study.study_instance_uid,
            sha256=sha256,
            digest=content.digest,
            description=_to_json(content),
        )
    )
    session.flush()


def of_study(session: Session, study_instance_uid: str) -> Sequence[StoredSegmentation]:
    """In the order in which they came."""
    query = select(SegmentationRow).where(SegmentationRow.study_instance_uid == study_instance_uid)
    return [_stored(row) for row in session.scalars(query.order_by(SegmentationRow.number))]


def modalities_by_study(session: Session) -> dict[str, set[str]]:
    """Of what is stored of each study, by StudyInstanceUID."""
    query = select(SegmentationRow.study_instance_uid, SegmentationRow.description["kind"].astext).distinct()
    found: dict[str, set[str]] = defaultdict(set)
    for study_instance_uid, kind in session.execute(query):
        found[study_instance_uid].add(kind)
    return found


def headers_without_images(session: Session) -> list[StudyHeader]:
    """Of the studies of which segmentations alone are here, the newest first."""
    query = select(SegmentationRow.study_instance_uid, SegmentationRow.description["study"])
    query = query.ext(distinct_on(SegmentationRow.study_instance_uid)).where(
        ~exists().where(StudyRow.study_instance_uid == SegmentationRow.study_instance_uid)
    )
    found = session.execute(query.order_by(SegmentationRow.study_instance_uid, SegmentationRow.number))
    headers = [StudyHeader(**study) for _, study in found]
    return sorted(headers, key=lambda one: (one.study_date, one.study_instance_uid), reverse=True)


def stored_objects(session: Session, sop_instance_uids: Collection[str]) -> dict[str, str]:
    """The sha256 of those of these objects that are stored, by their UID."""
    query = select(SegmentationRow.sop_instance_uid, SegmentationRow.sha256)
    wanted = any_(literal(list(sop_instance_uids), ARRAY(Text)))
    found = session.execute(query.where(SegmentationRow.sop_instance_uid == wanted))
    return {one.sop_instance_uid: one.sha256 for one in found}


def get_segmentation(session: Session, study_instance_uid: str, sop_instance_uid: str) -> StoredSegmentation:
    """Raises SegmentationNotFound."""
    found = stored_under(session, sop_instance_uid)
    if found is None or found.content.study.study_instance_uid != study_instance_uid:
        raise SegmentationNotFound("the study has no such segmentation")
    return found


def _stored(row: SegmentationRow) -> StoredSegmentation:
    return StoredSegmentation(_from_json(row.description, row.digest), row.sha256)


def _to_json(content: SegmentationObject) -> Json:
    document = asdict(content)
    del document["digest"]
    return document


def _from_json(document: Json, digest: str) -> SegmentationObject:
    segments = tuple(
        SegmentDescription(**{**one, "proposed": None if one["proposed"] is None else Meaning(one["proposed"])})
        for one in document["segments"]
    )
    said = {
        **document,
        "kind": SegmentationKind(document["kind"]),
        "study": StudyHeader(**document["study"]),
        "segments": segments,
    }
    return SegmentationObject(**said, digest=digest)
