"""Embeddings: kept by bytes, computed once however many ask, and one at a time with the reader's click first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Condition, Lock

from torch import Tensor


class EmbeddingCache:
    """The least recently used embeddings are dropped first. Safe to use from many threads."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[Hashable, Future[Tensor]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """The embedding of key. Whoever asks while it is being computed waits for it, and shares its failure."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            waiting = self._under_way.get(key)
            if waiting is None:
                own = self._under_way[key] = Future()
        if waiting is not None:
            return waiting.result()
        try:
            embedding = compute()
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            own.set_exception(error)
            raise
        with self._lock:
            del self._under_way[key]
            self._keep(key, embedding)
        own.set_result(embedding)
        return embedding

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._kept_bytes = 0

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def _keep(self, key: Hashable, embedding: Tensor) -> None:
        self._kept[key] = embedding
        self._kept_bytes += embedding.nbytes
        while self._kept_bytes > self._capacity_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= dropped.nbytes


class Turns:
    """One holder at a time; the urgent go before those who are not."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self._urgent_waiting = 0

    @contextmanager
    def turn(self, urgent: bool) -> Iterator[None]:
        with self._changed:
            self._urgent_waiting += urgent
            self._changed.wait_for(lambda: not self._taken and (urgent or not self._urgent_waiting))
            self._urgent_waiting -= urgent
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
