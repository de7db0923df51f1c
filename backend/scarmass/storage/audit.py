"""The audit trail as rows that are only ever added, each chained to the one before."""

from collections.abc import Iterator, Sequence
from datetime import UTC

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from scarmass.domain.audit import Action, Delivered, Event, Head, Outcome, Recorded, Sought, Subject, chained
from scarmass.storage.tables import AuditDeliveryRow, AuditRow

PIECE = 1000

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('audit', 0))")


def append(session: Session, events: Sequence[Event]) -> list[Recorded]:
    """Add events, in the place that follows the last one. The last thing that a transaction does: whoever else adds one
    waits for its end."""
    if not events:
        return []
    session.execute(_LOCK)
    rows = chained(head(session), events)
    session.execute(insert(AuditRow), [_values(row) for row in rows])
    return rows


def head(session: Session) -> Head:
    """The last row; of an empty trail its beginning."""
    last = session.execute(select(AuditRow.number, AuditRow.sha256).order_by(AuditRow.number.desc()).limit(1)).first()
    return Head() if last is None else Head(last.number, last.sha256)


def has_trail(session: Session) -> bool:
    """Whether the database is of a version that has one."""
    return session.scalar(select(func.to_regclass(AuditRow.__tablename__))) is not None


def page(session: Session, sought: Sought, limit: int, before: int | None) -> list[Recorded]:
    """Those that are sought, the newest first. before: the number that the page before ended with."""
    query = _sought(sought)
    if before is not None:
        query = query.where(AuditRow.number < before)
    return [_recorded(row) for row in session.scalars(query.order_by(AuditRow.number.desc()).limit(limit))]


def rows_after(session: Session, number: int, limit: int = PIECE) -> list[Recorded]:
    """The rows that follow one, the oldest first."""
    query = select(AuditRow).where(AuditRow.number > number).order_by(AuditRow.number).limit(limit)
    return [_recorded(row) for row in session.scalars(query)]


def every_row(session: Session) -> Iterator[Recorded]:
    """The whole trail, the oldest first, a piece of it in memory."""
    found = session.scalars(select(AuditRow).order_by(AuditRow.number).execution_options(yield_per=PIECE))
    return (_recorded(row) for row in found)


def delivered(session: Session, receiver: str) -> Delivered:
    number = session.scalar(select(AuditDeliveryRow.number).where(AuditDeliveryRow.destination == receiver))
    return Delivered(number or 0, head(session).number)


def take_delivery(session: Session, receiver: str) -> int | None:
    """The number of the last row that a receiver has, which is ours to move on until the transaction ends; None where
    another process has it."""
    session.execute(postgresql.insert(AuditDeliveryRow).values(destination=receiver, number=0).on_conflict_do_nothing())
    query = select(AuditDeliveryRow.number).where(AuditDeliveryRow.destination == receiver)
    return session.scalar(query.with_for_update(skip_locked=True))


def set_delivered(session: Session, receiver: str, number: int) -> None:
    session.execute(update(AuditDeliveryRow).where(AuditDeliveryRow.destination == receiver).values(number=number))


def _sought(sought: Sought) -> Select[AuditRow]:
    query = select(AuditRow)
    if sought.person:
        query = query.where(AuditRow.person.icontains(sought.person, autoescape=True))
    if sought.actions:
        query = query.where(AuditRow.action.in_([action.value for action in sought.actions]))
    if sought.outcome is not None:
        query = query.where(AuditRow.outcome == sought.outcome.value)
    if sought.patient_id:
        query = query.where(AuditRow.patient_id == sought.patient_id)
    if sought.study_instance_uid:
        query = query.where(AuditRow.study_instance_uid == sought.study_instance_uid)
    if sought.since is not None:
        query = query.where(AuditRow.occurred_at >= sought.since)
    if sought.until is not None:
        query = query.where(AuditRow.occurred_at < sought.until)
    return query


def _values(row: Recorded) -> dict[str, object]:
    event = row.event
    return {
        "number": row.number,
        "occurred_at": event.occurred_at,
        "action": event.action.value,
        "outcome": event.outcome.value,
        "reason": event.reason,
        "person_id": event.person_id,
        "person": event.person,
        "address": event.address,
        "patient_id": event.subject.patient_id,
        "study_instance_uid": event.subject.study_instance_uid,
        "about": dict(event.about),
        "previous": row.previous,
        "sha256": row.sha256,
    }


def _recorded(row: AuditRow) -> Recorded:
    event = Event(
        action=Action(row.action),
        person=row.person,
        person_id=row.person_id,
        address=row.address,
        subject=Subject(row.patient_id, row.study_instance_uid),
        outcome=Outcome(row.outcome),
        reason=row.reason,
        about=row.about,
        occurred_at=row.occurred_at.astimezone(UTC),
    )
    return Recorded(row.number, event, row.previous, row.sha256)
