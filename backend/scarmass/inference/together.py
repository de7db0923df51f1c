"""What several threads ask of a device at once, answered in one run of a network."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """While a batch runs, what others ask gathers to the next one: who asks alone waits for nobody.

    Safe to use from many threads.
    """

    def __init__(self, run: Callable[[Sequence[Asked]], Sequence[Answer]], most: int) -> None:
        """run: answers to what was asked, in its order. most: asked in one run."""
        self._run = run
        self._most = most
        self._waiting: dict[Hashable, deque[tuple[Asked, Future[Answer]]]] = defaultdict(deque)
        self._lock = Lock()
        self._running = Lock()

    def __call__(self, asked: Asked, kind: Hashable = None) -> Answer:
        """The answer. kind: only what is of one kind goes into one run. What fails in a run of several is run alone."""
        if self._most == 1:
            return self._run([asked])[0]
        own: Future[Answer] = Future()
        with self._lock:
            self._waiting[kind].append((asked, own))
        while not own.done():
            with self._running:
                if not own.done():
                    self._run_next(kind)
        return own.result()

    def _run_next(self, kind: Hashable) -> None:
        with self._lock:
            waiting = self._waiting[kind]
            batch = [waiting.popleft() for _ in range(min(self._most, len(waiting)))]
            if not waiting:
                del self._waiting[kind]
        try:
            answers = [answer for _, answer in zip(batch, self._run([asked for asked, _ in batch]), strict=True)]
        except BaseException as error:
            answers = None
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            log.warning("a run of %d failed, each is run alone: %r", len(batch), error)
        if answers is None:  # where the error no longer holds what the run had taken of a device's memory
            for asked, future in batch:
                self._run_alone(asked, future)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            future.set_result(answer)

    def _run_alone(self, asked: Asked, future: Future[Answer]) -> None:
        try:
            future.set_result(self._run([asked])[0])
        except BaseException as error:
            future.set_exception(error)
