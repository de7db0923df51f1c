"""Signatures of readings as rows, their way into the results folder, and what else is kept beside their contents."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from scarmass.domain.reading import ReadingState
from scarmass.domain.signature import Delivery, Record, Signature
from scarmass.domain.stack import Contrast
from scarmass.storage.documents import masses_from_json, masses_to_json, recipe_from_json, recipe_to_json
from scarmass.storage.notifications import notify
from scarmass.storage.reader_studies import IN_READER_STUDY, assignments_of, hidden_readings
from scarmass.storage.tables import DeliveryRow, ReadingRow, ReadingSliceRow, SignatureRow, StackRow, WorkRow

_NEWER = aliased(ReadingRow)
_WORKED = select(func.coalesce(func.sum(WorkRow.seconds), 0)).where(WorkRow.reading_id == ReadingRow.id)
_RECORDS = (
    select(
        ReadingRow,
        SignatureRow,
        DeliveryRow,
        select(_NEWER.id).where(_NEWER.replaces == ReadingRow.id).scalar_subquery(),
        _WORKED.scalar_subquery(),
        IN_READER_STUDY,
    )
    .outerjoin(SignatureRow, SignatureRow.reading_id == ReadingRow.id)
    .outerjoin(DeliveryRow, DeliveryRow.reading_id == ReadingRow.id)
)
"""Made once: every edit asks it, and making it takes longer than its answer."""


def add_signature(session: Session, reading_id: uuid.UUID, signature: Signature) -> None:
    """Sign a reading that is locked and was not signed before."""
    session.add(
        SignatureRow(
            reading_id=reading_id,
            client_id=signature.client_id,
            revision=signature.revision,
            reader=signature.reader,
            signed_at=signature.signed_at,
            recipe=recipe_to_json(signature.recipe),
            masses=masses_to_json(signature.masses),
            contrast=signature.contrast.value,
            warnings=list(signature.warnings),
        )
    )
    session.get_one(ReadingRow, reading_id).state = ReadingState.SIGNED.value
    session.flush()
    notify(session, str(reading_id))


def records_of(session: Session, reading_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Record]:
    """What is kept of these readings beside their contents."""
    return {row.id: record for row, record in rows_and_records(session, reading_ids)}


def rows_and_records(session: Session, reading_ids: Sequence[uuid.UUID]) -> list[tuple[ReadingRow, Record]]:
    """Those of these readings that are there."""
    found = session.execute(_RECORDS.where(ReadingRow.id.in_(reading_ids))).all()
    assigned = [reading.id for reading, *_, is_assigned in found if is_assigned]
    assignments = assignments_of(session, assigned) if assigned else {}
    return [
        (
            reading,
            Record(
                version=reading.version,
                replaces=reading.replaces,
                replaced_by=newer_id,
                reader=reading.reader,
                opened_by=reading.opened_by,
                signature=_signature(signed),
                delivery=_delivery(delivered),
                seconds_of_work=seconds,
                assignment=assignments.get(reading.id),
            ),
        )
        for reading, signed, delivered, newer_id, seconds, _ in found
    ]


def signed_of_study(session: Session, study_instance_uid: str) -> list[uuid.UUID]:
    """The signed readings of a study that no signed one replaces, in order of time, none that a reader study hides."""
    query = _current().join(StackRow, StackRow.stack_id == ReadingRow.stack_id)
    found = [id for id, _ in session.execute(query.where(StackRow.study_instance_uid == study_instance_uid))]
    hidden = hidden_readings(session, found)
    return [one for one in found if one not in hidden]


@dataclass(frozen=True)
class SignedVersion:
    """A signed reading. slices: the most that it had at any time."""

    reading_id: uuid.UUID
    version: int
    slices: int


def signed_versions(session: Session) -> list[SignedVersion]:
    """Those of every study, as signed_of_study has them of one."""
    slices = select(func.max(ReadingSliceRow.index) + 1).where(ReadingSliceRow.reading_id == ReadingRow.id)
    query = _current().add_columns(func.coalesce(slices.scalar_subquery(), 0))
    found = [SignedVersion(*row) for row in session.execute(query)]
    hidden = hidden_readings(session, [one.reading_id for one in found])
    return [one for one in found if one.reading_id not in hidden]


def _current() -> "Select[uuid.UUID, int]":
    """Id and version of the signed readings that no signed one replaces, in order of time."""
    newer = aliased(ReadingRow)
    replaced = select(newer.id).join(SignatureRow, SignatureRow.reading_id == newer.id)
    query = select(ReadingRow.id, ReadingRow.version)
    query = query.join(SignatureRow, SignatureRow.reading_id == ReadingRow.id)
    query = query.where(~exists(replaced.where(newer.replaces == ReadingRow.id).correlate(ReadingRow)))
    return query.order_by(SignatureRow.signed_at, ReadingRow.id)


def signed_at(session: Session, study_instance_uid: str) -> list[datetime]:
    """When the signed readings of a study were signed, also those that were amended and those that are hidden."""
    query = select(SignatureRow.signed_at).join(ReadingRow, ReadingRow.id == SignatureRow.reading_id)
    query = query.join(StackRow, StackRow.stack_id == ReadingRow.stack_id)
    return list(session.scalars(query.where(StackRow.study_instance_uid == study_instance_uid)))


def add_delivery(session: Session, reading_id: uuid.UUID) -> None:
    """A signed reading waits to be written into the results folder."""
    session.add(DeliveryRow(reading_id=reading_id))
    session.flush()


def set_delivery(session: Session, reading_id: uuid.UUID, is_written: bool, reason: str | None = None) -> bool:
    """reason: why it waits. Answers whether that is new."""
    row = session.get_one(DeliveryRow, reading_id, with_for_update=True)
    if (row.is_written, row.reason) == (is_written, reason):
        return False
    row.is_written, row.reason, row.changes = is_written, reason, row.changes + 1
    row.changed_at = func.clock_timestamp()
    session.flush()
    notify(session, str(reading_id))
    return True


def undelivered(session: Session) -> list[uuid.UUID]:
    """The signed readings that wait for the results folder."""
    return list(session.scalars(select(DeliveryRow.reading_id).where(DeliveryRow.is_written.is_(False))))


def is_undelivered(session: Session, reading_id: uuid.UUID) -> bool:
    waits = exists().where(DeliveryRow.reading_id == reading_id, DeliveryRow.is_written.is_(False))
    return bool(session.scalar(select(waits)))


def _signature(row: SignatureRow | None) -> Signature | None:
    if row is None:
        return None
    return Signature(
        client_id=row.client_id,
        revision=row.revision,
        reader=row.reader,
        signed_at=row.signed_at,
        recipe=recipe_from_json(row.recipe),
        masses=masses_from_json(row.masses),
        contrast=Contrast(row.contrast),
        warnings=tuple(row.warnings),
    )


def _delivery(row: DeliveryRow | None) -> Delivery | None:
    return None if row is None else Delivery(row.is_written, row.reason, row.changed_at, row.changes)
