"""Studies that come from the network, as rows: what came of each from whom, what was refused, and when it was quiet."""

import uuid
from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.transfers import Arrival, RefusedObject
from scarmass.storage.notifications import notify
from scarmass.storage.stacks import study_header
from scarmass.storage.tables import ArrivalRow, InstanceRow, StudyRow

MOST_REFUSED = 50
"""That are kept by name of one study and source; all are counted."""
LONGEST_REASON = 500

ARRIVALS = "arrivals"
"""The key that is notified where one has changed."""


def record(
    session: Session, study_instance_uid: str, source: str, refused: Sequence[RefusedObject], has_stored: bool
) -> None:
    """Objects of a study came, some of which may have been refused. The same again changes nothing but the time.

    has_stored: whether any of them was taken in, or was here already. More images than before make a study wait to be
    quiet once more.
    """
    key = {"study_instance_uid": study_instance_uid, "source": source}
    session.execute(insert(ArrivalRow).values(id=uuid.uuid4(), refused=[], **key).on_conflict_do_nothing())
    row = session.scalars(select(ArrivalRow).filter_by(**key).with_for_update()).one()
    if has_stored:
        stored = select(func.count()).where(InstanceRow.study_instance_uid == study_instance_uid)
        objects = session.scalar(stored) or 0
        if objects > row.objects:
            row.prepared_at = None
        row.objects = objects
    known = {one["name"] for one in row.refused}
    new = [one for one in refused if one.name not in known]
    row.refused_count += len(new)
    added = [{"name": one.name, "reason": one.reason[:LONGEST_REASON]} for one in new]
    row.refused = [*row.refused, *added][:MOST_REFUSED]
    row.last_object_at = func.clock_timestamp()
    session.flush()
    notify(session, ARRIVALS)


@dataclass(frozen=True)
class Coming:
    """A stored study that is not prepared. quiet_for: seconds since the last object of it, from whomever."""

    study_instance_uid: str
    sources: tuple[str, ...]
    quiet_for: float


def coming(session: Session) -> list[Coming]:
    """The studies that came, or grew, since they were last prepared."""
    quiet_for = func.extract("epoch", func.clock_timestamp() - func.max(ArrivalRow.last_object_at))
    query = select(ArrivalRow.study_instance_uid, func.array_agg(ArrivalRow.source), quiet_for)
    query = query.where(ArrivalRow.objects > 0).group_by(ArrivalRow.study_instance_uid)
    query = query.having(func.bool_or(ArrivalRow.prepared_at.is_(None)))
    return [Coming(uid, tuple(sorted(sources)), float(seconds)) for uid, sources, seconds in session.execute(query)]


def set_prepared(session: Session, study_instance_uid: str, readings: int, because: str) -> None:
    """What was made of a study that is quiet."""
    for row in session.scalars(select(ArrivalRow).filter_by(study_instance_uid=study_instance_uid).with_for_update()):
        row.prepared_at, row.readings, row.because = func.clock_timestamp(), readings, because
    session.flush()
    notify(session, ARRIVALS)


def forget(session: Session, uids: Set[str]) -> int:
    """Take away what was said of refused objects that names one of these UIDs; answers how many there were."""
    forgotten = 0
    for row in session.scalars(select(ArrivalRow).where(ArrivalRow.refused != []).with_for_update()):
        kept = [one for one in row.refused if uids.isdisjoint(_words(one["name"], one["reason"]))]
        forgotten += len(row.refused) - len(kept)
        row.refused = kept
    session.flush()
    return forgotten


def page(session: Session, limit: int, before: int | None) -> list[Arrival]:
    """Those that came last first, at most limit; before: the number that the page before ended with."""
    query = select(ArrivalRow, StudyRow).outerjoin(
        StudyRow, StudyRow.study_instance_uid == ArrivalRow.study_instance_uid
    )
    query = query.options(lazyload(StudyRow.stacks))
    if before is not None:
        query = query.where(ArrivalRow.number < before)
    query = query.order_by(ArrivalRow.number.desc()).limit(limit)
    return [_arrival(row, study) for row, study in session.execute(query)]


def _words(*texts: str) -> set[str]:
    """What may be a UID in a sentence: those of real data are opaque."""
    return {word.strip(".,;:()") for text in texts for word in text.split()}


def _arrival(row: ArrivalRow, study: StudyRow | None) -> Arrival:
    return Arrival(
        id=row.id,
        number=row.number,
        study_instance_uid=row.study_instance_uid,
        source=row.source,
        objects=row.objects,
        refused_count=row.refused_count,
        refused=tuple(RefusedObject(one["name"], one["reason"]) for one in row.refused),
        first_object_at=row.first_object_at,
        last_object_at=row.last_object_at,
        prepared_at=row.prepared_at,
        readings=row.readings,
        because=row.because,
        study=None if study is None else study_header(study),
    )
