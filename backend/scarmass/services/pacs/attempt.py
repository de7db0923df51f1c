"""One attempt of a transfer, and what becomes of it when it does not succeed."""

import logging
import time
import uuid
from collections.abc import Callable

from scarmass.domain.audit import Action, Event, Outcome, Subject
from scarmass.domain.errors import (
    Away,
    DatabaseUnavailable,
    Fact,
    PeerFailed,
    PeerRefused,
    PeerUnreachable,
    StorageFull,
)
from scarmass.domain.pacs import Progress, Report
from scarmass.domain.transfers import MOST_ATTEMPTS, Direction, Transfer, wait_after
from scarmass.services.context import Context
from scarmass.services.pacs.ask import QUEUES
from scarmass.storage import audit, jobs, transfers

log = logging.getLogger(__name__)

REPORTED_EVERY_S = 0.5
UNEXPECTED = "an unexpected error, of which the server's log tells more"
PASSING = (PeerUnreachable, PeerRefused, PeerFailed, StorageFull)
"""What may be over at the next attempt; any other fact stays true however often it is tried."""

ACTIONS = {Direction.SEND: Action.SEND, Direction.FETCH: Action.FETCH}

Work = Callable[[Transfer, Report], tuple[Progress, str | None]]
"""Does the whole of a transfer; answers how many objects it came to, and a warning."""


class Cancelled(Exception):
    """Somebody wants no more of it."""


def attempt(context: Context, transfer_id: uuid.UUID, work: Work) -> None:
    """Do a transfer that waits. Where it does not succeed, the reason is stored, and when it is tried again."""
    with context.database.transaction() as session:
        transfer = transfers.begin(session, transfer_id)
    if transfer is None:
        return
    if transfer.attempts > MOST_ATTEMPTS:  # each ended its process
        return _put_off(context, transfer, transfer.reason or "it broke off each time", None)
    try:
        came_to, warning = work(transfer, _reporter(context, transfer_id))
    except Cancelled:
        return
    except DatabaseUnavailable:  # which could not store that the attempt is not to count
        raise
    except Away:  # not the transfer's fault
        with context.database.transaction() as session:
            transfers.take_back(session, transfer_id)
        raise
    except PASSING as error:
        _record_failure(context, transfer, type(error).__name__)
        return _put_off(context, transfer, str(error), wait_after(transfer.attempts))
    except Fact as error:
        _record_failure(context, transfer, type(error).__name__)
        return _put_off(context, transfer, str(error), None)
    with context.database.transaction() as session:
        transfers.finish(session, transfer_id, came_to, warning)
        audit.append(session, [_event(transfer, Outcome.SUCCESS, objects=str(came_to.done))])


def give_up_for_now(context: Context, transfer_id: uuid.UUID) -> None:
    """After an error that nobody expected."""
    with context.database.transaction() as session:
        transfer = transfers.get(session, transfer_id)
    if transfer.state.is_open:
        _record_failure(context, transfer, "Unexpected")
        _put_off(context, transfer, UNEXPECTED, wait_after(transfer.attempts))


def take_up(context: Context, direction: Direction) -> bool:
    """Queue what is to be tried again, and what ended processes left; answers whether a job is due."""
    queue = QUEUES[direction]
    with context.database.transaction() as session:
        jobs.take_back_stalled(session, queue)
        queued = jobs.readings_with_a_job(session, queue)
        for transfer_id, peer in transfers.due(session, direction):
            if transfer_id not in queued:
                jobs.add_job(session, transfer_id, queue, peer=peer)
        return jobs.is_job_due(session, queue)


def _record_failure(context: Context, transfer: Transfer, reason: str) -> None:
    with context.database.transaction() as session:
        audit.append(session, [_event(transfer, Outcome.FAILED, reason)])


def _event(transfer: Transfer, outcome: Outcome, reason: str = "", **about: str) -> Event:
    """An attempt of a transfer: of whose study, to or from which peer, and who had asked for it."""
    subject = Subject(transfer.study.patient_id if transfer.study else "", transfer.study_instance_uid)
    about |= {"peer": transfer.peer, "asked_by": transfer.asked_by, "transfer_id": str(transfer.id)}
    return Event(ACTIONS[transfer.direction], subject=subject, outcome=outcome, reason=reason, about=about)


def _put_off(context: Context, transfer: Transfer, reason: str, wait_s: int | None) -> None:
    with context.database.transaction() as session:
        transfers.put_off(session, transfer.id, reason, wait_s)


def _reporter(context: Context, transfer_id: uuid.UUID) -> Report:
    """Stores progress now and then, and breaks off what was cancelled."""
    reported_at = float("-inf")

    def report(progress: Progress) -> None:
        nonlocal reported_at
        if time.monotonic() - reported_at < REPORTED_EVERY_S and progress.done != progress.of:
            return
        reported_at = time.monotonic()
        with context.database.transaction() as session:
            if not transfers.report(session, transfer_id, progress.done, progress.of):
                raise Cancelled

    return report
