"""Transfers asked for, by the rules when a reading is signed or by hand; tried again and cancelled."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from scarmass.domain.errors import MeasuredInReaderStudy, NothingListens, ReadingNotSigned
from scarmass.domain.pacs import DimsePeer, ResultKind, Retrieval
from scarmass.domain.pacs_rules import OWN_KINDS, Arriving, receivers
from scarmass.domain.reading import Reading
from scarmass.domain.transfers import Direction, Transfer, TransferState
from scarmass.services.context import Context
from scarmass.storage import jobs, readings, stacks, transfers
from scarmass.storage.jobs import Queue

BY_RULE = "rule: on signing"
"""Who asks for what the rules send."""

QUEUES = {Direction.SEND: Queue.SENDING, Direction.FETCH: Queue.FETCHING}


def send_signed(context: Context, session: Session, reading: Reading) -> None:
    """Queue what the rules send of a reading that this transaction signs; a measurement is no result of the patient."""
    if reading.record.assignment is not None or not context.network.rules.send:
        return
    stack = stacks.get_stack(session, reading.stack_id)
    what = Arriving("MR", stack.study.study_description, stack.description)
    for peer, kinds in receivers(context.network.rules, [what]).items():
        _add_send(session, uuid.uuid4(), peer, reading, stack.study.study_instance_uid, kinds, BY_RULE)


def ask_send(
    context: Context,
    reading_id: uuid.UUID,
    client_id: uuid.UUID,
    peer: str,
    kinds: Sequence[ResultKind],
    asked_by: str,
) -> Transfer:
    """Send a signed reading by hand; once it is sent to a peer, that is the transfer. No kinds: those of the settings.

    Raises ReadingNotFound, ReadingNotSigned, MeasuredInReaderStudy, PeerNotFound, ClientIdReused.
    """
    context.network.peer(peer)
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
        if reading.record.signature is None:
            raise ReadingNotSigned("only a signed reading is sent: sign it first")
        if reading.record.assignment is not None:
            raise MeasuredInReaderStudy("what was measured in a reader study is no result of the patient: it stays")
        study = stacks.get_stack(session, reading.stack_id).study
        kinds = kinds or OWN_KINDS
        sent = _add_send(session, client_id, peer, reading, study.study_instance_uid, kinds, asked_by)
        return transfers.get(session, sent)


def ask_fetch(context: Context, client_id: uuid.UUID, peer: str, study_instance_uid: str, asked_by: str) -> Transfer:
    """Fetch a study. Raises PeerNotFound, NothingListens, ClientIdReused."""
    found = context.network.peer(peer)
    is_moved = isinstance(found, DimsePeer) and found.retrieval is Retrieval.MOVE
    if is_moved and context.network.local is None:
        raise NothingListens(f"{peer} sends what is asked for to our AE title, and the settings name none that listens")
    with context.database.transaction() as session:
        transfer_id = transfers.add_fetch(session, client_id, peer, study_instance_uid, asked_by)
        jobs.add_job(session, transfer_id, Queue.FETCHING, peer=peer)
        return transfers.get(session, transfer_id)


def retry(context: Context, transfer_id: uuid.UUID) -> Transfer:
    """Begin anew, now. Raises TransferNotFound."""
    with context.database.transaction() as session:
        is_due = transfers.begin_anew(session, transfer_id)
        transfer = transfers.get(session, transfer_id)
        if is_due:
            jobs.add_job(session, transfer_id, QUEUES[transfer.direction], peer=transfer.peer)
        return transfer


def cancel(context: Context, transfer_id: uuid.UUID, by: str) -> Transfer:
    """What is under way breaks off at its next object. Raises TransferNotFound."""
    with context.database.transaction() as session:
        transfers.cancel(session, transfer_id, by)
        return transfers.get(session, transfer_id)


def page_of_transfers(
    context: Context,
    limit: int,
    before: int | None,
    states: Sequence[TransferState] = (),
    reading_id: uuid.UUID | None = None,
) -> list[Transfer]:
    """The newest first."""
    with context.database.transaction() as session:
        return transfers.page(session, limit, before, states, reading_id)


def _add_send(
    session: Session,
    client_id: uuid.UUID,
    peer: str,
    reading: Reading,
    study_instance_uid: str,
    kinds: Sequence[ResultKind],
    asked_by: str,
) -> uuid.UUID:
    asked = (client_id, peer, reading.id, study_instance_uid, kinds, asked_by)
    transfer_id, is_due = transfers.add_send(session, *asked)
    if is_due:
        jobs.add_job(session, transfer_id, Queue.SENDING, peer=peer)
    return transfer_id
