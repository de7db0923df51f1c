"""Who goes first: models work in small pieces, a click's before all others, and those who ask take turns."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

from scarmass.domain.errors import CalledOff

LONGEST_S = 30.0
"""What gives way goes on after this, however many clicks come."""

OTHERS_EVERY_S = 2.0
"""However many clicks come, and however short the pauses between them, a piece of other work is done so often."""

CLICKS_AT_ONCE = max(2, (os.cpu_count() or 1) // 2)
"""Pieces for clicks where this machine's own processor or GPU does them."""

REMEMBERED_TURNS = 4096


@dataclass(frozen=True, eq=False)
class Asker:
    """Who asks models: a person, or the address of a client. gone: nobody waits for the answer any more."""

    name: str
    gone: threading.Event = field(default_factory=threading.Event)


BACKGROUND = Asker("")
"""The server itself, which prepares readings."""

asking: ContextVar[Asker] = ContextVar("asking", default=BACKGROUND)
_is_click: ContextVar[bool] = ContextVar("is_click", default=False)


@dataclass(eq=False)
class _Place:
    """In the queue. number: in the order in which they came."""

    asker: Asker
    is_click: bool
    number: int


class Precedence:
    """Safe to use from many threads.

    clicks_at_once: pieces for clicks. others_at_once: for all else, beside them: no click waits for the end of one.
    """

    def __init__(self, clicks_at_once: int = CLICKS_AT_ONCE, others_at_once: int = 1) -> None:
        self.clicks_at_once, self.others_at_once = clicks_at_once, others_at_once
        self._changed = threading.Condition()
        self._clicks = 0
        self._others_from = 0.0
        self._waiting: list[_Place] = []
        self._at_work: list[_Place] = []
        self._numbers = count(1)
        self._last_turns: dict[str, int] = {}
        self._is_stopped = False

    @contextmanager
    def click(self) -> Iterator[None]:
        """What a reader did is being answered, in this thread."""
        token = _is_click.set(True)
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)
            _is_click.reset(token)

    def give_way(self, longest_s: float = LONGEST_S) -> None:
        """Wait until no click is being answered. What is done for a click waits for none."""
        if _is_click.get():
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._clicks or self._is_stopped, longest_s)

    @contextmanager
    def piece(self) -> Iterator[None]:
        """A piece of work for models, of one slice or those of one run, when it is the turn of whoever asks for it.

        Clicks go first; among clicks, and among all else, whoever had no turn for longest. Nothing in a piece may wait
        for another piece. Raises CalledOff.
        """
        place = _Place(asking.get(), _is_click.get(), next(self._numbers))
        with self._changed:
            self._waiting.append(place)
            try:
                while not self._is_next(place):
                    self._changed.wait(OTHERS_EVERY_S)
                self._require_wanted(place)
                self._at_work.append(place)
                self._remember_turn(place.asker.name)
                if not place.is_click:
                    self._others_from = monotonic() + OTHERS_EVERY_S
            finally:
                self._waiting.remove(place)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._at_work.remove(place)
                self._changed.notify_all()

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def stop(self) -> None:
        """The server ends: no piece begins any more."""
        self._is_stopped = True
        with self._changed:
            self._changed.notify_all()

    def _is_next(self, place: _Place) -> bool:
        if self._is_stopped or place.asker.gone.is_set():
            return True
        alike = [one for one in self._at_work if one.is_click is place.is_click]
        if len(alike) >= (self.clicks_at_once if place.is_click else self.others_at_once):
            return False
        if not place.is_click and self._clicks and monotonic() < self._others_from:
            return False
        return place is min((one for one in self._waiting if one.is_click is place.is_click), key=self._rank)

    def _rank(self, place: _Place) -> tuple[int, int]:
        return self._last_turns.get(place.asker.name, 0), place.number

    def _require_wanted(self, place: _Place) -> None:
        if self._is_stopped:
            raise CalledOff("the server ends: ask again when it is back")
        if place.asker.gone.is_set():
            raise CalledOff("whoever asked has left")

    def _remember_turn(self, name: str) -> None:
        self._last_turns.pop(name, None)
        self._last_turns[name] = next(self._numbers)
        if len(self._last_turns) > REMEMBERED_TURNS:
            del self._last_turns[next(iter(self._last_turns))]

    def _count(self, by: int) -> None:
        with self._changed:
            if not self._clicks and all(one.is_click for one in self._waiting):
                self._others_from = monotonic() + OTHERS_EVERY_S  # who waits already waits no longer for this one
            self._clicks += by
            self._changed.notify_all()
