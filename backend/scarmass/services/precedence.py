"""Who goes first: a reader waits for the answer to an edit, and for nothing else that models are asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_S = 30.0
"""What gives way goes on after this, however many edits come."""


class Precedence:
    def __init__(self) -> None:
        self._edits = 0
        self._changed = threading.Condition()
        self._answering = threading.local()

    @contextmanager
    def edit(self) -> Iterator[None]:
        """An edit is being answered, in this thread."""
        self._count(1)
        was_answering, self._answering.edit = getattr(self._answering, "edit", False), True
        try:
            yield
        finally:
            self._answering.edit = was_answering
            self._count(-1)

    def give_way(self, longest_s: float = LONGEST_S) -> None:
        """Wait until no edit is being answered. What is done for an edit waits for none."""
        if getattr(self._answering, "edit", False):
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._edits, longest_s)

    def _count(self, by: int) -> None:
        with self._changed:
            self._edits += by
            self._changed.notify_all()
