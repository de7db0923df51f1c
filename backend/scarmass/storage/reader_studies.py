"""Reader studies as rows: what was asked of readers, and which reading each assignment became."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from scarmass.domain.errors import ClientIdReused, ReaderStudyNotFound
from scarmass.domain.reader_study import Arm, Assignment, Key, Opened, ReaderStudy, key_of
from scarmass.storage.tables import (
    ReaderStudyReadingRow,
    ReaderStudyRow,
    ReaderStudyStackRow,
    ReadingRow,
    SignatureRow,
)

IN_READER_STUDY = exists().where(ReaderStudyReadingRow.reading_id == ReadingRow.id)
"""Of a reading: whether it is a measurement in a reader study."""


@dataclass(frozen=True)
class StoredReaderStudy:
    """number: grows in the order in which reader studies were made."""

    study: ReaderStudy
    number: int
    created_by: str
    created_at: datetime


def add_reader_study(session: Session, study: ReaderStudy, client_id: uuid.UUID, created_by: str) -> uuid.UUID:
    """The id of the study that this client_id made, now or before. Raises ClientIdReused where that is not seen."""
    values = {
        "id": study.id,
        "client_id": client_id,
        "name": study.name,
        "readers": list(study.readers),
        "arms": [arm.value for arm in study.arms],
        "repeats": study.repeats,
        "seed": study.seed,
        "alternates": study.alternates,
        "hides_readings": study.hides_readings,
        "created_by": created_by,
    }
    adding = insert(ReaderStudyRow).values(values).on_conflict_do_nothing(index_elements=["client_id"])
    if session.scalar(adding.returning(ReaderStudyRow.id)) is None:
        of_request = select(ReaderStudyRow.id).where(ReaderStudyRow.client_id == client_id)
        if (known := session.scalar(of_request)) is None:
            raise ClientIdReused("this client_id made another reader study")
        return known
    session.add_all(
        ReaderStudyStackRow(reader_study_id=study.id, ordinal=ordinal, stack_id=stack_id)
        for ordinal, stack_id in enumerate(study.stack_ids)
    )
    session.flush()
    return study.id


def get_reader_study(session: Session, study_id: uuid.UUID, lock: bool = False) -> StoredReaderStudy:
    """lock: keep other openings in it out until the transaction ends. Raises ReaderStudyNotFound."""
    query = select(ReaderStudyRow).where(ReaderStudyRow.id == study_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise ReaderStudyNotFound("no such reader study")
    return _stored(row)


def page_of_reader_studies(session: Session, limit: int, before: int | None) -> list[StoredReaderStudy]:
    """The newest first. before: the number of the last one of the page before."""
    query = select(ReaderStudyRow).order_by(ReaderStudyRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(ReaderStudyRow.number < before)
    return [_stored(row) for row in session.scalars(query)]


def opened_in(session: Session, study_id: uuid.UUID) -> dict[Key, Opened]:
    """The readings that assignments of a study became."""
    is_signed = exists().where(SignatureRow.reading_id == ReaderStudyReadingRow.reading_id)
    query = select(ReaderStudyReadingRow, is_signed).where(ReaderStudyReadingRow.reader_study_id == study_id)
    return {_key(row): Opened(row.reading_id, signed) for row, signed in session.execute(query)}


def add_reading(session: Session, assignment: Assignment, reading_id: uuid.UUID) -> None:
    """Note which reading an assignment became."""
    session.add(
        ReaderStudyReadingRow(
            reader_study_id=assignment.study_id,
            reader=assignment.reader,
            stack_id=assignment.stack_id,
            arm=assignment.arm.value,
            repeat=assignment.repeat,
            reading_id=reading_id,
        )
    )
    session.flush()


def assignments_of(session: Session, reading_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Assignment]:
    """The assignments of those of these readings that are measurements in a reader study."""
    rows = _rows_of(session, reading_ids)
    studies = {id: get_reader_study(session, id).study for id in {row.reader_study_id for row in rows}}
    found = {}
    for reader, study in {(row.reader, studies[row.reader_study_id]) for row in rows}:
        by_key = {key_of(one): one for one in study.assignments(reader)}
        of_reader = [row for row in rows if (row.reader_study_id, row.reader) == (study.id, reader)]
        found |= {row.reading_id: by_key[_key(row)] for row in of_reader}
    return found


def hidden_readings(session: Session, reading_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these readings that no list shows, as their reader study hides them until all is signed."""
    rows = _rows_of(session, reading_ids)
    unfinished = {id for id in {row.reader_study_id for row in rows} if _hides(session, id)}
    return {row.reading_id for row in rows if row.reader_study_id in unfinished}


def _hides(session: Session, study_id: uuid.UUID) -> bool:
    study = get_reader_study(session, study_id).study
    signed = select(func.count()).select_from(ReaderStudyReadingRow)
    signed = signed.join(SignatureRow, SignatureRow.reading_id == ReaderStudyReadingRow.reading_id)
    count = session.scalar(signed.where(ReaderStudyReadingRow.reader_study_id == study_id)) or 0
    return study.hides_readings and count < len(study.all_assignments)


def _rows_of(session: Session, reading_ids: Sequence[uuid.UUID]) -> Sequence[ReaderStudyReadingRow]:
    query = select(ReaderStudyReadingRow).where(ReaderStudyReadingRow.reading_id.in_(reading_ids))
    return session.scalars(query).all()


def _key(row: ReaderStudyReadingRow) -> Key:
    return row.reader, row.stack_id, Arm(row.arm), row.repeat


def _stored(row: ReaderStudyRow) -> StoredReaderStudy:
    ordinals = tuple(one.ordinal for one in row.stacks)
    study = ReaderStudy(
        id=row.id,
        name=row.name,
        stack_ids=tuple(one.stack_id for one in row.stacks),
        readers=tuple(row.readers),
        arms=tuple(map(Arm, row.arms)),
        repeats=row.repeats,
        seed=row.seed,
        alternates=row.alternates,
        hides_readings=row.hides_readings,
        ordinals=() if ordinals == tuple(range(len(ordinals))) else ordinals,
    )
    return StoredReaderStudy(study, row.number, row.created_by, row.created_at)
