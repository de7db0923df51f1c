"""Composition root of the jobs: threads for each queue, and one for what arrives; other processes may have theirs."""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from scarmass.domain.audit import AuditReceiver
from scarmass.domain.errors import (
    AuditReceiverUnreachable,
    CalledOff,
    DatabaseUnavailable,
    DeletedMeanwhile,
    ReadingNotFound,
    StorageFull,
    TransferNotFound,
)
from scarmass.services.audit_forward import forward_next
from scarmass.services.context import Context
from scarmass.services.deletion import carry_out, retention
from scarmass.services.pacs import attempt, fetch, send
from scarmass.services.pacs.arrive import Arrivals
from scarmass.services.readings import deliver, prepare
from scarmass.storage import jobs
from scarmass.storage.jobs import Queue

log = logging.getLogger(__name__)

POLL_S = 0.5
"""Jobs that ended processes left, and those that wait for another one's end, are looked for so often."""
ROUND_S = 2.0
DATABASE_RETRY_S = 1.0
ENDING_S = 2.0
"""For jobs at work, where the server ends."""
ROOM_RETRY_S = 10.0
"""So long a full disk is left alone."""
RECEIVER_POLL_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Before a receiver of the audit trail that cannot be reached is tried again: doubled each time."""
PEERS_AT_ONCE = 4
"""That are sent to, and as many that are fetched from: one that does not answer holds the others up where all are."""
NIGHT_POLL_S = 300.0


class Worker:
    """Works from __enter__ to __exit__, which waits for the jobs at work and leaves the rest; not for long where the
    server is told to stop, as what is broken off is taken up again.

    Readings are prepared while a results folder on another machine keeps its writer waiting.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._started = self._threads()
        for thread in self._started:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for thread in self._started:
            thread.stop()
        if self._context.is_stopping:
            end = time.monotonic() + ENDING_S
            for thread in self._started:
                thread.join(max(0.0, end - time.monotonic()))
        else:
            for thread in self._started:
                thread.join()

    def _threads(self) -> "list[QueueWorker | ArrivalWorker | NightWorker | AuditWorker]":
        context = self._context

        def prepare_next(reading_id: uuid.UUID) -> None:
            prepare.prepare_next_slice(context, reading_id)

        def give_up(reading_id: uuid.UUID, error: Exception) -> None:
            prepare.give_up(context, reading_id, error)

        def write(reading_id: uuid.UUID) -> None:
            deliver.deliver(context, reading_id)

        def wait(reading_id: uuid.UUID, _: Exception) -> None:
            deliver.give_up_for_now(context, reading_id)

        def send_next(transfer_id: uuid.UUID) -> None:
            send.send_next(context, transfer_id)

        def fetch_next(transfer_id: uuid.UUID) -> None:
            fetch.fetch_next(context, transfer_id)

        def put_off(transfer_id: uuid.UUID, _: Exception) -> None:
            attempt.give_up_for_now(context, transfer_id)

        def delete(deletion_id: uuid.UUID) -> None:
            carry_out.carry_out(context.places, deletion_id)

        def put_off_deletion(deletion_id: uuid.UUID, _: Exception) -> None:
            carry_out.give_up_for_now(context.places, deletion_id)

        def take_up_deletions(context: Context) -> bool:
            return carry_out.take_up(context.places)

        threads: list[QueueWorker | ArrivalWorker | NightWorker | AuditWorker] = [
            QueueWorker(context, Queue.PREPARING, prepare.take_up, prepare_next, give_up),
            QueueWorker(context, Queue.DELIVERING, deliver.take_up, write, wait),
            QueueWorker(context, Queue.DELETING, take_up_deletions, delete, put_off_deletion),
            NightWorker(context),
        ]
        for _ in context.network.peers[:PEERS_AT_ONCE]:
            threads.append(QueueWorker(context, Queue.SENDING, send.take_up, send_next, put_off))
            threads.append(QueueWorker(context, Queue.FETCHING, fetch.take_up, fetch_next, put_off))
        if context.spool is not None:
            threads.append(ArrivalWorker(Arrivals(context, context.spool)))
        if context.audit_receiver is not None:
            threads.append(AuditWorker(context, context.audit_receiver))
        return threads


class QueueWorker:
    """A thread of one queue, which may have several.

    take_up: queues again what ended processes left, and answers whether a job is due. do: one job, for its reading.
    give_up: after the last attempt.
    """

    def __init__(
        self,
        context: Context,
        queue: Queue,
        take_up: Callable[[Context], bool],
        do: Callable[[uuid.UUID], None],
        give_up: Callable[[uuid.UUID, Exception], None],
    ) -> None:
        self._context = context
        self._queue = queue
        self._take_up = take_up
        self._do_job = do
        self._give_up = give_up
        self._stopping = threading.Event()
        self._wake = threading.Event()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"worker {self._queue}")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    def join(self, longest_s: float | None = None) -> None:
        self._thread.join(longest_s)

    @property
    def _is_stopping(self) -> bool:
        return self._stopping.is_set() or self._context.is_stopping

    def _run(self) -> None:
        with self._context.notifications.subscribed(self._wake.set, self._queue):
            while not self._is_stopping:
                self._wake.clear()
                try:
                    is_time_up = self._work()
                except DatabaseUnavailable:
                    is_time_up = self._stopping.wait(DATABASE_RETRY_S)
                except Exception:
                    log.exception("jobs could not be worked on, trying again")
                    is_time_up = self._stopping.wait(DATABASE_RETRY_S)
                if not is_time_up:
                    self._wake.wait(POLL_S)

    def _work(self) -> bool:
        """Do what is due for a while; answers whether there may be more."""
        end = time.monotonic() + ROUND_S

        def is_time_up() -> bool:
            return self._is_stopping or time.monotonic() > end

        if self._take_up(self._context) and not self._is_stopping:
            jobs.work(self._context.database, self._queue, self._do, is_time_up)
        return is_time_up()

    def _do(self, reading_id: uuid.UUID, is_last_attempt: bool) -> None:
        while True:
            try:
                return self._do_job(reading_id)
            except (ReadingNotFound, TransferNotFound, DeletedMeanwhile):
                return  # deleted for good meanwhile: nothing is left to be done
            except CalledOff:
                with self._context.database.transaction() as session:
                    jobs.add_job(session, reading_id, self._queue)  # as one more, so that this attempt does not count
                return
            except DatabaseUnavailable:
                # Not the reading's fault, and nothing could be stored of it now.
                log.warning("reading %s waits for the database", reading_id)
                if self._stopping.wait(DATABASE_RETRY_S):
                    raise
            except Exception as error:
                if is_last_attempt:
                    self._give_up(reading_id, error)
                raise


class ArrivalWorker:
    """The thread that takes in what came over the network."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._stopping = threading.Event()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="worker arriving")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, longest_s: float | None = None) -> None:
        self._thread.join(longest_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait_s = 0 if self._arrivals.work() else POLL_S
            except DatabaseUnavailable:
                wait_s = DATABASE_RETRY_S
            except StorageFull as error:
                log.warning("what came over the network waits: %s", error)
                wait_s = ROOM_RETRY_S
            except Exception:
                log.exception("what came over the network could not be taken in, trying again")
                wait_s = ROOM_RETRY_S
            self._stopping.wait(wait_s)


class NightWorker:
    """The thread of the daily work, which begins at an hour when nobody reads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopping = threading.Event()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="worker nightly")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, longest_s: float | None = None) -> None:
        self._thread.join(longest_s)

    def _run(self) -> None:
        while not self._stopping.wait(NIGHT_POLL_S):
            now = datetime.now().astimezone()
            if now.hour != self._context.nightly_hour:
                continue
            try:
                retention.nightly(self._context.places, now)
            except DatabaseUnavailable:
                continue
            except Exception:
                log.exception("the daily work broke off")


class AuditWorker:
    """The thread that sends the audit trail to where it is kept elsewhere."""

    def __init__(self, context: Context, receiver: AuditReceiver) -> None:
        self._context, self._receiver = context, receiver
        self._stopping = threading.Event()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="worker audit")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, longest_s: float | None = None) -> None:
        self._thread.join(longest_s)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        with closing(self._receiver):
            while not self._stopping.is_set():
                try:
                    while forward_next(self._context, self._receiver) and not self._stopping.is_set():
                        pass
                    pause_s = FIRST_PAUSE_S
                    self._stopping.wait(RECEIVER_POLL_S)
                except DatabaseUnavailable:
                    self._stopping.wait(DATABASE_RETRY_S)
                except AuditReceiverUnreachable as error:
                    if pause_s == FIRST_PAUSE_S:
                        log.warning("the audit trail waits: %s", error)
                    self._stopping.wait(pause_s)
                    pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                except Exception:
                    log.exception("the audit trail could not be sent, trying again")
                    self._stopping.wait(LONGEST_PAUSE_S)
