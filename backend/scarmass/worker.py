"""Composition root of the jobs: a thread that prepares readings, beside others in other processes or alone."""

import logging
import threading
import time
import uuid

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.context import Context
from scarmass.services.readings.prepare import give_up, prepare_next_slice, take_up
from scarmass.storage import jobs

log = logging.getLogger(__name__)

POLL_S = 0.5
"""Jobs that ended processes left, and those that wait for another one's end, are looked for so often."""
ROUND_S = 2.0
DATABASE_RETRY_S = 1.0


class Worker:
    """Works from __enter__ to __exit__, which waits for the slice at work and leaves the rest."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopping = threading.Event()
        self._wake = threading.Event()

    def __enter__(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="worker")
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        with self._context.notifications.subscribed(self._wake.set, jobs.PREPARING):
            while not self._stopping.is_set():
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
            return self._stopping.is_set() or time.monotonic() > end

        if take_up(self._context) and not self._stopping.is_set():
            jobs.work(self._context.database, self._prepare, is_time_up)
        return is_time_up()

    def _prepare(self, reading_id: uuid.UUID, is_last_attempt: bool) -> None:
        while True:
            try:
                return prepare_next_slice(self._context, reading_id)
            except DatabaseUnavailable:
                # Not the reading's fault, and nothing could be stored of it now.
                log.warning("reading %s waits for the database", reading_id)
                if self._stopping.wait(DATABASE_RETRY_S):
                    raise
            except Exception as error:
                if is_last_attempt:
                    give_up(self._context, reading_id, error)
                raise
