"""Transfers as rows: asked for once, attempted, and what became of them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, lazyload

from scarmass.domain.errors import ClientIdReused, TransferNotFound
from scarmass.domain.pacs import Progress, ResultKind
from scarmass.domain.transfers import Direction, Transfer, TransferState
from scarmass.storage.notifications import notify
from scarmass.storage.stacks import study_header
from scarmass.storage.tables import ReadingRow, StudyRow, TransferRow

TRANSFERS = "transfers"
"""The key that is notified where one has changed."""
LONGEST_REASON = 500
OPEN = tuple(state.value for state in TransferState if state.is_open)


def add_send(
    session: Session,
    client_id: uuid.UUID,
    peer: str,
    reading_id: uuid.UUID,
    study_instance_uid: str,
    kinds: Sequence[ResultKind],
    asked_by: str,
) -> tuple[uuid.UUID, bool]:
    """The one transfer of this reading to this peer, and whether there is something to be done.

    Asked for again, it gains the kinds that it had not; one that was failed or cancelled begins anew.
    """
    values = _values(Direction.SEND, client_id, peer, study_instance_uid, kinds, asked_by)
    adding = insert(TransferRow).values(reading_id=reading_id, **values)
    added = session.scalar(adding.on_conflict_do_nothing().returning(TransferRow.id))
    if added is not None:
        notify(session, TRANSFERS)
        return added, True
    query = select(TransferRow).filter_by(reading_id=reading_id, peer=peer).with_for_update()
    row = session.scalar(query)
    if row is None:
        raise ClientIdReused("this client_id asked for another transfer")
    new = [kind.value for kind in kinds if kind.value not in row.kinds]
    is_open = TransferState(row.state).is_open
    if not new and (is_open or row.state == TransferState.DONE.value):
        return row.id, False
    row.kinds = [*row.kinds, *new]
    _begin_anew(row)
    _changed(session, row)
    return row.id, True


def add_fetch(session: Session, client_id: uuid.UUID, peer: str, study_instance_uid: str, asked_by: str) -> uuid.UUID:
    """A study to be fetched; the same request again is the same transfer. Raises ClientIdReused."""
    values = _values(Direction.FETCH, client_id, peer, study_instance_uid, (), asked_by)
    adding = insert(TransferRow).values(**values).on_conflict_do_nothing().returning(TransferRow.id)
    added = session.scalar(adding)
    if added is not None:
        notify(session, TRANSFERS)
        return added
    row = session.scalar(select(TransferRow).filter_by(client_id=client_id))
    same = (Direction.FETCH.value, peer, study_instance_uid)
    if row is None or (row.direction, row.peer, row.study_instance_uid) != same:
        raise ClientIdReused("this client_id asked for another transfer")
    return row.id


def get(session: Session, transfer_id: uuid.UUID) -> Transfer:
    """Raises TransferNotFound."""
    found = session.execute(_whole().where(TransferRow.id == transfer_id)).one_or_none()
    if found is None:
        raise TransferNotFound("no such transfer")
    return _transfer(*found)


def page(
    session: Session,
    limit: int,
    before: int | None,
    states: Sequence[TransferState] = (),
    reading_id: uuid.UUID | None = None,
) -> list[Transfer]:
    """The newest first, at most limit; before: the number that the page before ended with. No states: all of them."""
    query = _whole().order_by(TransferRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(TransferRow.number < before)
    if states:
        query = query.where(TransferRow.state.in_([state.value for state in states]))
    if reading_id is not None:
        query = query.where(TransferRow.reading_id == reading_id)
    return [_transfer(*found) for found in session.execute(query)]


def due(session: Session, direction: Direction) -> list[tuple[uuid.UUID, str]]:
    """Those whose time has come, with their peers, in the order in which they were asked for; among them those that
    run, or were running when their process ended."""
    query = select(TransferRow.id, TransferRow.peer).order_by(TransferRow.number)
    query = query.where(TransferRow.direction == direction.value, TransferRow.state.in_(OPEN))
    has_come = or_(TransferRow.next_attempt_at.is_(None), TransferRow.next_attempt_at <= func.now())
    return [(transfer_id, peer) for transfer_id, peer in session.execute(query.where(has_come))]


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many transfers of each direction are in each state, 0 included."""
    query = select(TransferRow.direction, TransferRow.state, func.count()).group_by(
        TransferRow.direction, TransferRow.state
    )
    none = {(direction.value, state.value): 0 for direction in Direction for state in TransferState}
    return none | {(direction, state): count for direction, state, count in session.execute(query)}


def begin(session: Session, transfer_id: uuid.UUID) -> Transfer | None:
    """Another attempt; None where there is nothing left to be done."""
    row = _locked(session, transfer_id)
    if not TransferState(row.state).is_open:
        return None
    row.state, row.next_attempt_at = TransferState.RUNNING.value, None
    row.attempts, row.done, row.of = row.attempts + 1, 0, None
    _changed(session, row)
    return get(session, transfer_id)


def take_back(session: Session, transfer_id: uuid.UUID) -> None:
    """An attempt that could not be made does not count."""
    row = _locked(session, transfer_id)
    if TransferState(row.state).is_open:
        row.attempts = max(0, row.attempts - 1)
        _changed(session, row)


def report(session: Session, transfer_id: uuid.UUID, done: int, of: int | None) -> bool:
    """How far it is; answers whether it is to go on."""
    row = _locked(session, transfer_id)
    if row.state != TransferState.RUNNING.value:
        return False
    row.done, row.of = done, of
    _changed(session, row)
    return True


def finish(session: Session, transfer_id: uuid.UUID, progress: Progress, reason: str | None) -> None:
    """All is done, also where it was cancelled meanwhile. reason: a warning.

    Not where more was asked for, nor where the peer has answered already that it does not keep it.
    """
    row = _locked(session, transfer_id)
    if row.state not in (TransferState.RUNNING.value, TransferState.CANCELLED.value):
        return
    row.state, row.reason, row.next_attempt_at = TransferState.DONE.value, _cut(reason), None
    row.done, row.of = progress.done, progress.done if progress.of is None else progress.of
    _changed(session, row)


def put_off(session: Session, transfer_id: uuid.UUID, reason: str, wait_s: int | None) -> None:
    """An attempt did not succeed: the next one is so much later, or there is none."""
    row = _locked(session, transfer_id)
    if not TransferState(row.state).is_open:
        return
    row.reason = _cut(reason)
    row.state = (TransferState.FAILED if wait_s is None else TransferState.WAITING).value
    row.next_attempt_at = None if wait_s is None else datetime.now(UTC) + timedelta(seconds=wait_s)
    _changed(session, row)


def begin_anew(session: Session, transfer_id: uuid.UUID) -> bool:
    """Answers whether there is something to be done: what is done, or runs, is left alone. Raises TransferNotFound."""
    row = _locked(session, transfer_id)
    if row.state in (TransferState.DONE.value, TransferState.RUNNING.value):
        return False
    _begin_anew(row)
    _changed(session, row)
    return True


def cancel(session: Session, transfer_id: uuid.UUID, by: str) -> None:
    """Nothing more of it is done. What is over stays as it ended. Raises TransferNotFound."""
    row = _locked(session, transfer_id)
    if TransferState(row.state).is_open or row.state == TransferState.FAILED.value:
        row.state, row.reason, row.next_attempt_at = TransferState.CANCELLED.value, f"cancelled by {by}", None
        _changed(session, row)


def ask_commitment(session: Session, transfer_id: uuid.UUID, transaction_uid: str) -> None:
    row = _locked(session, transfer_id)
    row.transaction_uid = transaction_uid
    session.flush()


def close_commitment(session: Session, peer: str, transaction_uid: str, failure: str | None) -> bool:
    """A peer answered that it keeps all, or why not; answers whether we had asked it that."""
    query = select(TransferRow).filter_by(transaction_uid=transaction_uid, peer=peer).with_for_update()
    row = session.scalar(query)
    if row is None:
        return False
    if failure is None:
        row.committed_at = func.clock_timestamp()
    else:
        row.state, row.reason, row.next_attempt_at = TransferState.FAILED.value, _cut(failure), None
    _changed(session, row)
    return True


def _values(
    direction: Direction,
    client_id: uuid.UUID,
    peer: str,
    study_instance_uid: str,
    kinds: Sequence[ResultKind],
    asked_by: str,
) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "client_id": client_id,
        "direction": direction.value,
        "peer": peer,
        "study_instance_uid": study_instance_uid,
        "kinds": [kind.value for kind in kinds],
        "state": TransferState.WAITING.value,
        "asked_by": asked_by,
    }


def _begin_anew(row: TransferRow) -> None:
    row.state, row.attempts, row.reason, row.next_attempt_at = TransferState.WAITING.value, 0, None, None
    row.transaction_uid = row.committed_at = None


def _locked(session: Session, transfer_id: uuid.UUID) -> TransferRow:
    row = session.get(TransferRow, transfer_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise TransferNotFound("no such transfer")
    return row


def _changed(session: Session, row: TransferRow) -> None:
    row.changes += 1
    row.changed_at = func.clock_timestamp()
    session.flush()
    session.refresh(row)
    notify(session, TRANSFERS)


def _cut(reason: str | None) -> str | None:
    return None if reason is None else reason[:LONGEST_REASON]


def _whole() -> "Select[TransferRow, StudyRow, str]":
    query = select(TransferRow, StudyRow, ReadingRow.stack_id).options(lazyload(StudyRow.stacks))
    query = query.outerjoin(StudyRow, StudyRow.study_instance_uid == TransferRow.study_instance_uid)
    return query.outerjoin(ReadingRow, ReadingRow.id == TransferRow.reading_id)


def _transfer(row: TransferRow, study: StudyRow | None, stack_id: str | None) -> Transfer:
    return Transfer(
        id=row.id,
        number=row.number,
        direction=Direction(row.direction),
        peer=row.peer,
        reading_id=row.reading_id,
        study_instance_uid=row.study_instance_uid,
        kinds=tuple(map(ResultKind, row.kinds)),
        state=TransferState(row.state),
        done=row.done,
        of=row.of,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        reason=row.reason,
        asked_by=row.asked_by,
        committed_at=row.committed_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        changes=row.changes,
        study=None if study is None else study_header(study),
        stack_id=stack_id,
    )
