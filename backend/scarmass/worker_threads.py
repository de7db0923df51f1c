"""Threads that work: one of a queue does its jobs, one of a turn does the same again and again."""

import logging
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime

from scarmass.domain.audit import AuditReceiver
from scarmass.domain.errors import (
    AuditReceiverUnreachable,
    Away,
    CalledOff,
    DeletedMeanwhile,
    ReadingNotFound,
    StorageFull,
    TransferNotFound,
)
from scarmass.services.audit_forward import forward_next
from scarmass.services.context import Context
from scarmass.services.deletion import retention
from scarmass.services.pacs.arrive import Arrivals
from scarmass.storage import jobs
from scarmass.storage.jobs import Queue

log = logging.getLogger(__name__)

POLL_S = 1.0
"""Jobs that ended processes left, and those that wait for another one's end, are looked for so often."""
ARRIVED_POLL_S = 0.5
"""What came over the network, of which nobody is told, is looked for so often."""
ROUND_S = 2.0
AWAY_RETRY_S = 1.0
"""Before a database, an object store or models that cannot be reached are tried again."""
ROOM_RETRY_S = 10.0
"""So long a full disk is left alone."""
RECEIVER_POLL_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Before a receiver of the audit trail that cannot be reached is tried again: doubled each time."""
NIGHT_POLL_S = 300.0
NIGHT_HOURS = 3
"""So long after its hour the daily work is begun, or tried again, where it was not done."""


class WorkerThread(ABC):
    """A thread that can be started, told to stop and waited for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stopping = threading.Event()

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"worker {self._name}")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def join(self, longest_s: float | None = None) -> None:
        self._thread.join(longest_s)

    @abstractmethod
    def _run(self) -> None: ...


class WokenThread(WorkerThread):
    """A thread that waits until it is woken, by what it waits for or because it is to stop."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._wake = threading.Event()

    def stop(self) -> None:
        super().stop()
        self._wake.set()


class QueueWorker(WokenThread):
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
        super().__init__(queue)
        self._context = context
        self._queue = queue
        self._take_up = take_up
        self._do_job = do
        self._give_up = give_up

    @property
    def _is_stopping(self) -> bool:
        return self._stopping.is_set() or self._context.is_stopping

    def _run(self) -> None:
        with self._context.notifications.subscribed(self._wake.set, self._queue):
            while not self._is_stopping:
                self._wake.clear()
                try:
                    is_time_up = self._work()
                except Away:
                    is_time_up = self._stopping.wait(AWAY_RETRY_S)
                except Exception:
                    log.exception("jobs could not be worked on, trying again")
                    is_time_up = self._stopping.wait(AWAY_RETRY_S)
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
            except Away as error:
                # Not the reading's fault, and nothing could be stored of it now.
                log.warning("reading %s waits: %s", reading_id, error)
                if self._stopping.wait(AWAY_RETRY_S):
                    raise
            except Exception as error:
                if is_last_attempt:
                    self._give_up(reading_id, error)
                raise


class TurnWorker(WorkerThread):
    """A thread that does one thing again and again.

    turn: does it once, and answers in how many seconds it is to be done again. failed: what is logged where it raises.
    retry_s: after that. first_s: before the first time. ended: what is done at the end of the thread.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], float],
        failed: str,
        retry_s: float,
        *,
        first_s: float = 0.0,
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(name)
        self._turn, self._failed, self._retry_s, self._first_s, self._ended = turn, failed, retry_s, first_s, ended

    def _run(self) -> None:
        with ExitStack() as stack:
            stack.callback(self._ended)
            wait_s = self._first_s
            while not self._stopping.wait(wait_s):
                wait_s = self._take_turn()

    def _take_turn(self) -> float:
        try:
            return self._turn()
        except Away:
            return AWAY_RETRY_S
        except Exception:
            log.exception(self._failed)
            return self._retry_s


def arrival_worker(arrivals: Arrivals) -> TurnWorker:
    """Takes in what came over the network."""

    def take_in() -> float:
        try:
            return 0 if arrivals.work() else ARRIVED_POLL_S
        except StorageFull as error:
            log.warning("what came over the network waits: %s", error)
            return ROOM_RETRY_S

    failed = "what came over the network could not be taken in, trying again"
    return TurnWorker("arriving", take_in, failed, ROOM_RETRY_S)


def night_worker(context: Context) -> TurnWorker:
    """Does the daily work, which begins at an hour when nobody reads; what broke off is tried again before morning."""

    def look_at_the_clock() -> float:
        now = datetime.now().astimezone()
        if 0 <= now.hour - context.nightly_hour < NIGHT_HOURS:
            try:
                retention.nightly(context.places, now)
            except Away as error:  # not tried again at once, as other work is: it is heavy
                log.warning("the daily work broke off: %s", error)
        return NIGHT_POLL_S

    return TurnWorker("nightly", look_at_the_clock, "the daily work broke off", NIGHT_POLL_S, first_s=NIGHT_POLL_S)


def audit_worker(context: Context, receiver: AuditReceiver) -> TurnWorker:
    """Sends the audit trail to where it is kept elsewhere."""
    pause_s = FIRST_PAUSE_S

    def forward() -> float:
        nonlocal pause_s
        try:
            is_more = forward_next(context, receiver)
        except AuditReceiverUnreachable as error:
            if pause_s == FIRST_PAUSE_S:
                log.warning("the audit trail waits: %s", error)
            waits_s, pause_s = pause_s, min(2 * pause_s, LONGEST_PAUSE_S)
            return waits_s
        pause_s = FIRST_PAUSE_S
        return 0 if is_more else RECEIVER_POLL_S

    failed = "the audit trail could not be sent, trying again"
    return TurnWorker("audit", forward, failed, LONGEST_PAUSE_S, ended=receiver.close)
