"""When a network is begun as a graph, and that this changes no answer. On a card itself: tests/gpu."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from scarmass.inference.cuda_graphs import CudaGraphs, Tensors, as_cuda_graphs


class Network:
    """Sums and products of rows, and how many rows each run was of."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def __call__(self, some: Tensor, others: Tensor) -> Tensors:
        self.runs.append(len(some))
        return some + others, some * others


class Recorder:
    """Keeps a run as a card does: it answers from and to the same memory however often it is begun."""

    def __init__(self) -> None:
        self.recorded = 0
        self.begun = 0

    def __call__(self, run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
        self.recorded += 1
        answers = run()

        def replay() -> None:
            self.begun += 1
            for answer, anew in zip(answers, run(), strict=True):
                answer.copy_(anew)

        return answers, replay


def rows(number: int, seed: int = 0, length: int = 3) -> tuple[Tensor, Tensor]:
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(number, length, generator=noise), torch.randn(number, length, generator=noise)


def is_answered(graphs: CudaGraphs, some: Tensor, others: Tensor) -> bool:
    total, product = graphs(some, others)
    return torch.equal(total, some + others) and torch.equal(product, some * others)


def test_a_graph_is_recorded_once_for_each_power_of_two_of_rows_and_answers_as_the_network() -> None:
    recorder = Recorder()
    graphs = CudaGraphs(Network(), recorder)
    assert all(is_answered(graphs, *rows(number, seed)) for seed in range(3) for number in range(1, 10))
    assert recorder.recorded == len((1, 2, 4, 8, 16))


def test_a_recorded_shape_is_begun_as_a_graph_and_not_by_the_network() -> None:
    network, recorder = Network(), Recorder()
    graphs = CudaGraphs(network, recorder)
    graphs(*rows(3))
    before, begun = len(network.runs), recorder.begun
    graphs(*rows(3))
    assert recorder.begun == begun + 1
    assert network.runs[before:] == [4], "the run of the graph itself, of as many rows as it has"


@pytest.mark.parametrize("other", [rows(2, length=5), tuple(one.double() for one in rows(2))])
def test_rows_of_another_length_or_type_have_a_graph_of_their_own(other: tuple[Tensor, Tensor]) -> None:
    recorder = Recorder()
    graphs = CudaGraphs(Network(), recorder)
    assert is_answered(graphs, *rows(2))
    assert is_answered(graphs, *other)
    assert recorder.recorded == 2


def test_an_answer_stays_what_it_is_when_another_is_computed() -> None:
    graphs = CudaGraphs(Network(), Recorder())
    some, others = rows(2)
    total, product = graphs(some, others)
    graphs(*rows(2, seed=1))
    assert torch.equal(total, some + others)
    assert torch.equal(product, some * others)


def test_many_threads_are_each_answered_what_they_asked() -> None:
    graphs = CudaGraphs(Network(), Recorder())
    asked = [rows(1 + seed % 4, seed) for seed in range(64)]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda given: is_answered(graphs, *given), asked))


def has_no_memory(run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
    raise torch.OutOfMemoryError("CUDA out of memory")


def cannot_be_recorded(run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
    raise RuntimeError("operation not permitted when stream is capturing")


def takes_for_constant(run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
    """As of a network that computes with numbers on the host: the graph answers what it was recorded with."""
    return run(), lambda: None


def answers_no_number(run: Callable[[], Tensors]) -> tuple[Tensors, Callable[[], None]]:
    total, product = run()

    def replay() -> None:
        product.fill_(torch.nan)

    return (total, product), replay


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (has_no_memory, "out of memory"),
        (cannot_be_recorded, "not permitted"),
        (takes_for_constant, "answers otherwise"),
        (answers_no_number, "answers otherwise"),
    ],
)
def test_where_no_graph_serves_the_network_is_run_and_it_is_logged_once(
    record: Callable[[Callable[[], Tensors]], tuple[Tensors, Callable[[], None]]],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    graphs = CudaGraphs(Network(), record)
    assert all(is_answered(graphs, *rows(2, seed)) for seed in range(3))
    assert [why in message for message in caplog.messages] == [True]


def test_nothing_is_recorded_on_a_cpu() -> None:
    network = Network()
    assert as_cuda_graphs(network, torch.device("cpu")) is network
