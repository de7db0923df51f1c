"""When studies were last of use, as retention asks; and the nights whose work is done."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.deletion import StudyUse
from scarmass.domain.reading import SIGNED_STATES
from scarmass.storage.tables import (
    EditRow,
    InstanceRow,
    NightRow,
    ReaderStudyStackRow,
    ReadingRow,
    SignatureRow,
    StackRow,
    StudyChangeRow,
    StudyRow,
)


def hold_night(session: Session) -> bool:
    """Whether nobody else is at a day's work, nor will be until this transaction ends.

    It locks no table: that work writes every one anew.
    """
    return bool(session.scalar(text("select pg_try_advisory_xact_lock(hashtextextended('nights', 0))")))


def is_night_done(session: Session, day: date) -> bool:
    return session.get(NightRow, day) is not None


def end_night(session: Session, day: date) -> None:
    """This day's work is done."""
    session.execute(insert(NightRow).values(day=day).on_conflict_do_nothing())


def uses_of_studies(session: Session, author: str) -> Sequence[StudyUse]:
    """Of every study, but for those that somebody else than this author took off the worklist.

    author: who takes off the worklist what is over.
    """
    of_study = StackRow.study_instance_uid == StudyRow.study_instance_uid
    readings = select(ReadingRow.id).join(StackRow, StackRow.stack_id == ReadingRow.stack_id).where(of_study)
    states = [state.value for state in SIGNED_STATES]
    is_begun = exists().where(EditRow.reading_id == ReadingRow.id)
    begun = readings.where(ReadingRow.state.not_in(states), is_begun)
    measured = select(ReaderStudyStackRow.stack_id).join(StackRow, StackRow.stack_id == ReaderStudyStackRow.stack_id)
    signed_at = select(func.max(SignatureRow.signed_at)).where(SignatureRow.reading_id.in_(readings))
    came_at = select(func.max(InstanceRow.imported_at))
    came_at = came_at.where(InstanceRow.study_instance_uid == StudyRow.study_instance_uid)
    last = select(StudyChangeRow.id).where(StudyChangeRow.study_instance_uid == StudyRow.study_instance_uid)
    last = last.where(StudyChangeRow.change.has_key("removed"))  # other changes say nothing of the worklist
    last = last.order_by(StudyChangeRow.id.desc()).limit(1).correlate(StudyRow).scalar_subquery()
    query = (
        select(
            StudyRow.study_instance_uid,
            func.coalesce(came_at.scalar_subquery(), StudyRow.imported_at),
            or_(exists(begun), exists(measured.where(of_study))),
            signed_at.scalar_subquery(),
            StudyRow.is_removed,
            StudyChangeRow.created_at,
        )
        .outerjoin(StudyChangeRow, StudyChangeRow.id == last)
        .where(or_(~StudyRow.is_removed, and_(StudyRow.is_removed, StudyChangeRow.author == author)))
        .order_by(StudyRow.study_instance_uid)
    )
    return [_use(*found) for found in session.execute(query)]


def _use(
    uid: str,
    came_at: datetime,
    is_held: bool,
    signed_at: datetime | None,
    is_removed: bool,
    changed_at: datetime | None,
) -> StudyUse:
    if is_removed:
        return StudyUse(uid, came_at, is_held, signed_at, changed_at)
    return StudyUse(uid, max(came_at, changed_at or came_at), is_held, signed_at, None)
