"""What is asked again and again is recorded once in a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from scarmass.domain.audit import Event

FOLDED_S = 1800.0
"""So long the same is the same: who looks at a patient longer than that is recorded again."""
MOST = 100_000


class Folding:
    """Remembers what was recorded lately. Safe to use from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._recorded: OrderedDict[Hashable, float] = OrderedDict()
        self._guard = threading.Lock()

    def is_known(self, event: Event) -> bool:
        """Was the same person's doing of the same with the same patient, from the same place and with the same
        outcome, recorded lately?"""
        with self._guard:
            at = self._recorded.get(_of(event))
            return at is not None and self._now() - at < FOLDED_S

    def forget(self) -> None:
        with self._guard:
            self._recorded.clear()

    def note(self, event: Event) -> None:
        """It is recorded now."""
        with self._guard:
            self._recorded[_of(event)] = self._now()
            self._recorded.move_to_end(_of(event))
            while len(self._recorded) > MOST:
                self._recorded.popitem(last=False)


def _of(event: Event) -> Hashable:
    who = event.person_id, event.person, event.address
    return *who, event.action, event.subject, event.outcome, event.reason
