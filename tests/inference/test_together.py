"""What several threads ask at once."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from scarmass.inference.together import Together
from tests.waiting import wait_until


class Doubler:
    """Doubles numbers; the first run goes on until it is let go."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.is_running, self.may_end = threading.Event(), threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.runs.append(sorted(numbers))
        if len(self.runs) == 1:
            self.is_running.set()
            assert self.may_end.wait(10)
        if 0 in numbers:
            raise ZeroDivisionError
        return [2 * number for number in numbers]


def asked_meanwhile(
    doubler: Doubler, together: Together[int, int], numbers: Sequence[int], kinds: Sequence[str] = ("same",) * 3
) -> list[Future[int]]:
    """1, and while that runs these numbers of these kinds; all have ended."""
    with ThreadPoolExecutor(len(numbers) + 1) as threads:
        futures = [threads.submit(together, 1, "first")]
        assert doubler.is_running.wait(10)
        futures += [threads.submit(together, number, kind) for number, kind in zip(numbers, kinds, strict=True)]
        wait_until(lambda: sum(map(len, together._waiting.values())) == len(numbers))
        doubler.may_end.set()
    return futures


@pytest.mark.parametrize(("most", "runs"), [(2, 3), (3, 2), (8, 2)])
def test_what_is_asked_while_a_run_is_under_way_goes_into_the_next_as_far_as_there_is_room(
    most: int, runs: int
) -> None:
    doubler = Doubler()
    futures = asked_meanwhile(doubler, Together(doubler, most), [2, 3, 4])
    assert [future.result() for future in futures] == [2, 4, 6, 8]
    assert len(doubler.runs) == runs


def test_what_is_of_another_kind_goes_into_a_run_of_its_own() -> None:
    doubler = Doubler()
    futures = asked_meanwhile(doubler, Together(doubler, 8), [2, 3, 4], ["a", "b", "a"])
    assert [future.result() for future in futures] == [2, 4, 6, 8]
    assert sorted(doubler.runs[1:]) == [[2, 4], [3]]


def test_what_fails_fails_for_whoever_asked_for_it_and_for_nobody_beside() -> None:
    doubler = Doubler()
    futures = asked_meanwhile(doubler, Together(doubler, 8), [3, 0, 5])
    assert [future.result() for future in (futures[0], futures[1], futures[3])] == [2, 6, 10]
    with pytest.raises(ZeroDivisionError):
        futures[2].result()
