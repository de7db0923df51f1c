"""Studies as the worklist tells them: one row for each stack, however many slices it has."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.errors import StudyNotFound
from scarmass.domain.worklist import ListedStack, ListedStudy
from scarmass.storage.removals import removal_of
from scarmass.storage.stacks import counted_contrast, counted_is_lge, study_header
from scarmass.storage.tables import InstanceRow, SliceRow, StackRow, StudyRow
from scarmass.storage.training_consents import consent_from_json


def page_of_studies(session: Session, limit: int, after: tuple[str, str] | None, removed: bool) -> list[ListedStudy]:
    """Studies newest first, at most limit, those after (study_date, study_instance_uid).

    removed: those that were taken off the worklist, instead of those on it.
    """
    key = tuple_(StudyRow.study_date, StudyRow.study_instance_uid)
    query = select(StudyRow).order_by(StudyRow.study_date.desc(), StudyRow.study_instance_uid.desc()).limit(limit)
    query = query.where(StudyRow.is_removed == removed)
    return _listed(session, query if after is None else query.where(key < tuple_(*after)))


def listed_study(session: Session, study_instance_uid: str) -> ListedStudy:
    """Raises StudyNotFound."""
    listed = _listed(session, select(StudyRow).where(StudyRow.study_instance_uid == study_instance_uid))
    if not listed:
        raise StudyNotFound("no such study")
    return listed[0]


def _listed(session: Session, query: Select[StudyRow]) -> list[ListedStudy]:
    rows = session.scalars(query.options(lazyload(StudyRow.stacks))).all()
    stacks = _stacks_of(session, [row.study_instance_uid for row in rows])
    return [
        ListedStudy(
            study_header(row),
            row.imported_at,
            tuple(stacks[row.study_instance_uid]),
            removal_of(session, row),
            row.study_group,
            consent_from_json(row.training_consent),
        )
        for row in rows
    ]


def _stacks_of(session: Session, study_instance_uids: Sequence[str]) -> dict[str, list[ListedStack]]:
    series = func.array_remove(func.array_agg(InstanceRow.series_instance_uid.distinct()), None)
    query = select(StackRow, func.count(SliceRow.index), series)
    query = query.outerjoin(SliceRow, SliceRow.stack_id == StackRow.stack_id)
    query = query.outerjoin(InstanceRow, InstanceRow.sop_instance_uid == SliceRow.sop_instance_uid)
    query = query.where(StackRow.study_instance_uid.in_(study_instance_uids)).group_by(StackRow.stack_id)
    query = query.order_by(StackRow.ordinal, StackRow.stack_id).options(
        lazyload(StackRow.study), lazyload(StackRow.slices)
    )
    found: dict[str, list[ListedStack]] = {uid: [] for uid in study_instance_uids}
    for row, number_of_slices, series_instance_uids in session.execute(query):
        is_lge, because = counted_is_lge(row)
        found[row.study_instance_uid].append(
            ListedStack(
                row.stack_id,
                tuple(sorted(series_instance_uids)),
                row.description,
                counted_contrast(row),
                is_lge,
                because,
                number_of_slices,
            )
        )
    return found
