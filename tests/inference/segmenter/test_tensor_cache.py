import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from scarmass.inference.segmenter.tensor_cache import TensorCache, Turns

KIBIBYTE = torch.zeros(256)


def refuse() -> torch.Tensor:
    raise AssertionError("it was kept and need not be computed")


def test_an_embedding_is_computed_once() -> None:
    cache = TensorCache(4096)
    first = cache.get("a", lambda: KIBIBYTE.clone())
    assert cache.get("a", refuse) is first


def test_the_least_recently_used_goes_first_and_bytes_stay_bounded() -> None:
    cache = TensorCache(2048)
    for key in "ab":
        cache.get(key, lambda: KIBIBYTE.clone())
    cache.get("a", refuse)
    cache.get("c", lambda: KIBIBYTE.clone())
    assert cache.kept_bytes == 2048
    cache.get("a", refuse)
    with pytest.raises(AssertionError):
        cache.get("b", refuse)


def test_what_was_computed_at_once_is_dropped_one_by_one() -> None:
    cache = TensorCache(1024)
    cache.get_all("abcd", lambda: torch.zeros(4, 256))
    assert cache.get("d", refuse).untyped_storage().nbytes() == cache.kept_bytes == 1024


def test_an_embedding_larger_than_the_cache_is_answered_and_not_kept() -> None:
    cache = TensorCache(100)
    assert cache.get("a", lambda: KIBIBYTE.clone()).nbytes == 1024
    assert cache.kept_bytes == 0


def test_whoever_asks_meanwhile_waits_for_the_one_computation() -> None:
    cache, computed, started = TensorCache(4096), [], threading.Event()

    def slow() -> torch.Tensor:
        computed.append(1)
        started.set()
        time.sleep(0.05)
        return KIBIBYTE.clone()

    with ThreadPoolExecutor(8) as pool:
        answers = [future.result() for future in [pool.submit(cache.get, "a", slow) for _ in range(8)]]
    assert len(computed) == 1
    assert all(answer is answers[0] for answer in answers)


def test_a_failure_reaches_everyone_who_waits_and_the_next_try_is_fresh() -> None:
    cache, started, release = TensorCache(4096), threading.Event(), threading.Event()

    def failing() -> torch.Tensor:
        started.set()
        release.wait(5)
        raise RuntimeError("no")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(cache.get, "a", failing)
        started.wait(5)
        other = pool.submit(cache.get, "a", refuse)
        release.set()
        for future in (one, other):
            with pytest.raises(RuntimeError, match="no"):
                future.result()
    assert cache.get("a", lambda: KIBIBYTE).nbytes == 1024


def test_a_click_goes_before_what_is_embedded_ahead() -> None:
    turns, order, ready = Turns(), [], threading.Barrier(3)

    def take(name: str, urgent: bool) -> None:
        ready.wait()
        if urgent:
            time.sleep(0.02)
        with turns.turn(urgent):
            order.append(name)

    with turns.turn(urgent=False):
        threads = [threading.Thread(target=take, args=a) for a in (("ahead", False), ("click", True))]
        for thread in threads:
            thread.start()
        ready.wait()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    assert order == ["click", "ahead"]


def test_a_turn_is_given_back_by_a_failure() -> None:
    turns = Turns()
    with pytest.raises(RuntimeError), turns.turn(urgent=False):
        raise RuntimeError
    with turns.turn(urgent=False):
        pass
