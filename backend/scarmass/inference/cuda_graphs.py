"""Networks begun as a whole on a CUDA device, which runs hundreds of kernels faster than they can be begun.

CUDA graphs: CUDA C++ Programming Guide, "CUDA Graphs"; torch.cuda.graph.
"""

import gc
import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar, cast

import torch
from torch import Tensor

log = logging.getLogger(__name__)

Tensors = tuple[Tensor, ...]
Network = TypeVar("Network", bound=Callable[..., Tensors])
"""n rows of each tensor -> n rows of each answer."""

Record = Callable[[Callable[[], Tensors]], tuple[Tensors, Callable[[], None]]]
"""A run -> the tensors that it answers in, and what runs it again from what it is given to what it answers in."""

WARM_UP_RUNS = 3
"""Before a graph is recorded: libraries choose their kernels in the first runs."""

LARGEST_DIFFERENCE = 1e-3
"""Norm of the difference from the network's answer to as many rows, over that answer's norm."""

_recording = Lock()
"""One graph is recorded at a time in a process."""


@dataclass(frozen=True)
class _Graph:
    given: Tensors
    answers: Tensors
    replay: Callable[[], None]

    def __call__(self, given: Tensors) -> Tensors:
        rows = len(given[0])
        for place, tensor in zip(self.given, given, strict=True):
            place[:rows].copy_(tensor)
        self.replay()
        return tuple(answer[:rows].clone() for answer in self.answers)


class CudaGraphs:
    """A network's graphs, one for each shape of what it is given, recorded when that is first met.

    A number of rows is rounded up to a power of two, so they are few; what the rows above hold changes no other row.
    Where a graph cannot be recorded, or answers otherwise than the network, the network is run, and a warning logged.
    Safe to use from many threads: one run at a time.
    """

    def __init__(self, network: Callable[..., Tensors], record: Record) -> None:
        self._network = network
        self._record = record
        self._graphs: dict[Hashable, _Graph | None] = {}
        self._lock = Lock()

    @torch.inference_mode()
    def __call__(self, *given: Tensor) -> Tensors:
        rows = 1 << (len(given[0]) - 1).bit_length()
        shape = rows, *((tensor.shape[1:], tensor.dtype) for tensor in given)
        with self._lock:
            if shape not in self._graphs:
                self._graphs[shape] = self._recorded(rows, given)
            graph = self._graphs[shape]
            if graph is not None:
                return graph(given)
        return self._network(*given)

    def _recorded(self, rows: int, given: Tensors) -> _Graph | None:
        """Recorded from zeros and tried with what is given, so that nothing given is taken for a constant."""
        try:
            places = tuple(tensor.new_zeros(rows, *tensor.shape[1:]) for tensor in given)
            with _recording:
                graph = _Graph(places, *self._record(lambda: self._network(*places)))
            found = graph(given)
            expected = self._network(*places)  # of as many rows: of other shapes libraries round otherwise
        except RuntimeError as error:
            log.warning("no CUDA graph could be recorded, each kernel is begun by itself: %s", error)
            return None
        pairs = zip(found, expected, strict=True)
        differences = [_relative_difference(answer, wanted[: len(answer)]) for answer, wanted in pairs]
        if all(difference < LARGEST_DIFFERENCE for difference in differences):
            return graph
        log.warning("a CUDA graph answers otherwise (%s): each kernel is begun by itself", differences)
        return None


class CudaRecorder:
    """Records runs on one device, all in the same memory: answers are taken away before another graph runs."""

    _has_failed = False
    """In this process: where a recording fails, torch before 2.15 leaves its memory as if one were under way."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._memory = torch.cuda.graph_pool_handle()
        self._graphs: list[torch.cuda.CUDAGraph] = []
        """Kept, whether they are used or not: one that goes takes along what others of its stream compute in."""

    def __call__(self, run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
        """Raises RuntimeError, as whatever torch raises is one."""
        if CudaRecorder._has_failed:
            raise RuntimeError("an earlier recording failed")
        graph = torch.cuda.CUDAGraph()
        self._graphs.append(graph)
        outside = torch.cuda.current_stream(self._device)
        try:
            # The outer stream is left whatever becomes of the recording within.
            with torch.cuda.device(self._device), torch.cuda.stream(self._stream), _no_garbage_collection():
                self._stream.wait_stream(outside)
                for _ in range(WARM_UP_RUNS):
                    run()
                # Other threads may ask the device for memory meanwhile.
                with torch.cuda.graph(graph, self._memory, self._stream, capture_error_mode="thread_local"):
                    answers = run()
        except RuntimeError:
            CudaRecorder._has_failed = True
            raise
        finally:
            outside.wait_stream(self._stream)
        return answers, graph.replay


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A graph that nobody has any more cannot go while another is recorded by the thread that collects it."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def as_cuda_graphs(network: Network, device: torch.device) -> Network:
    """The network itself where the device is no CUDA device."""
    if device.type != "cuda":
        return network
    return cast(Network, CudaGraphs(network, CudaRecorder(device)))


def _relative_difference(answer: Tensor, expected: Tensor) -> float:
    return float((answer - expected).float().norm() / expected.float().norm().clamp(min=torch.finfo().tiny))
