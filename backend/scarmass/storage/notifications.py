"""Who waits for a change is woken once it is committed: PostgreSQL's LISTEN and NOTIFY, one connection a process."""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from sqlalchemy import func, select
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

CHANNEL = "scarmass"
RETRY_S = 0.5
KEEPALIVES_IDLE_S = 30
"""So soon a database on another machine is asked whether it is still there."""


def notify(session: Session, key: str) -> None:
    """Wake everybody who waits for this key, in every process, once this transaction is committed."""
    session.execute(select(func.pg_notify(CHANNEL, key)))


class Notifications:
    """Listens in a thread of its own from __enter__ to __exit__."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._wakes: dict[str, list[Callable[[], object]]] = defaultdict(list)
        self._guard = threading.Lock()

    def __enter__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._listening = self._loop.create_task(self._listen())
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._listening.cancel)
        self._thread.join()

    @contextmanager
    def subscribed(self, wake: Callable[[], object], *keys: str) -> Iterator[None]:
        """Call wake, from another thread, whenever one of the keys was notified, or may have been while PostgreSQL was
        away. It must return at once."""
        with self._guard:
            for key in keys:
                self._wakes[key].append(wake)
        try:
            yield
        finally:
            with self._guard:
                for key in keys:
                    self._wakes[key].remove(wake)
                    if not self._wakes[key]:
                        del self._wakes[key]

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._listening)
        self._loop.close()

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._conninfo, autocommit=True, keepalives_idle=KEEPALIVES_IDLE_S
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self.wake_everybody()
                    async for notification in connection.notifies():
                        self._wake(notification.payload)
            except psycopg.Error as error:
                log.warning("changes cannot be listened for, trying again: %s", error)
            await asyncio.sleep(RETRY_S)

    def _wake(self, key: str) -> None:
        with self._guard:
            for wake in self._wakes.get(key, ()):
                wake()

    def wake_everybody(self) -> None:
        """As if every key had been notified."""
        with self._guard:
            for wakes in self._wakes.values():
                for wake in wakes:
                    wake()
