"""How long the files of one upload may be read, so that a few that mean harm leave time for the good ones."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

SHORTEST_S = 0.1
"""Every file gets so much, many times what an ordinary one takes."""
SHARE = 0.25
"""The most of what is left that one file gets, so that no number of slow ones uses up what quick ones need."""


@dataclass
class Allowance:
    """seconds: left for all files together, also where some are read at once.

    abandoned: nobody waits for the answer.
    """

    seconds: float = inf
    abandoned: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_spent(self) -> bool:
        return self.seconds <= 0 or self.abandoned.is_set()

    def of(self, file_seconds: float) -> float:
        """How much of what one file may take it gets."""
        return min(file_seconds, max(SHORTEST_S, self.seconds * SHARE))

    @property
    def reason(self) -> str:
        """Why the files that are left are not read."""
        if self.abandoned.is_set():
            return "the connection was lost before this file was read"
        return "not read: other files of this upload took all the time that one upload has; send it again without them"

    def spent_on(self, items: Iterator[T]) -> Iterator[T]:
        """The items; making them takes of the time, what is done with them does not."""
        while True:
            with self.spending():
                one = next(items, None)
            if one is None:
                return
            yield one

    @contextmanager
    def spending(self) -> Iterator[None]:
        started = monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.seconds -= monotonic() - started
