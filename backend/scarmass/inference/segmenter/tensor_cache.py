"""What networks answered, kept by bytes and computed once however many ask; and whose turn it is to compute."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Condition, Lock

from torch import Tensor


class TensorCache:
    """The least recently used tensors are dropped first. Safe to use from many threads."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[Hashable, Future[Tensor]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """The tensor of key. Whoever asks while it is being computed waits for it, and shares its failure."""
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
            tensor = compute()
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            own.set_exception(error)
            raise
        with self._lock:
            del self._under_way[key]
            self._keep(key, tensor)
        own.set_result(tensor)
        return tensor

    def get_all(self, keys: Sequence[Hashable], compute: Callable[[], Tensor]) -> list[Tensor]:
        """The tensors of keys that are computed at once, along the first axis, unless all of them are kept."""
        with self._lock:
            if all(key in self._kept for key in keys):
                for key in keys:
                    self._kept.move_to_end(key)
                return [self._kept[key] for key in keys]
        tensors = [tensor.clone() for tensor in compute()]  # a view would keep all that was computed with it
        with self._lock:
            for key, tensor in zip(keys, tensors, strict=True):
                self._keep(key, tensor)
        return tensors

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._kept_bytes = 0

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def _keep(self, key: Hashable, tensor: Tensor) -> None:
        if (replaced := self._kept.pop(key, None)) is not None:
            self._kept_bytes -= replaced.nbytes
        self._kept[key] = tensor
        self._kept_bytes += tensor.nbytes
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
