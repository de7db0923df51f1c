"""A thread of turns goes on whatever a turn does, and ends when it is told to."""

import logging
import threading

import pytest

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.worker_threads import TurnWorker


def test_a_turn_that_fails_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    third = threading.Event()
    turns = iter([ValueError("broken"), 0.0, None])

    def turn() -> float:
        outcome = next(turns, None)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is None:
            third.set()
            return 60.0
        return outcome

    worker = TurnWorker("test", turn, "the turn broke off", retry_s=0.0)
    with caplog.at_level(logging.ERROR):
        worker.start()
        assert third.wait(10)
        worker.stop()
        worker.join(10)
    assert [record.message for record in caplog.records] == ["the turn broke off"]


def test_a_database_that_is_away_is_waited_for_without_a_word(caplog: pytest.LogCaptureFixture, monkeypatch) -> None:
    monkeypatch.setattr("scarmass.worker_threads.AWAY_RETRY_S", 0.0)
    again = threading.Event()
    outcomes = iter([DatabaseUnavailable("away")])

    def turn() -> float:
        for away in outcomes:
            raise away
        again.set()
        return 60.0

    worker = TurnWorker("test", turn, "the turn broke off", retry_s=60.0)
    worker.start()
    assert again.wait(10)
    worker.stop()
    worker.join(10)
    assert not caplog.records


def test_it_ends_also_before_its_first_turn_and_what_it_holds_is_closed() -> None:
    done, closed = threading.Event(), threading.Event()

    def turn() -> float:
        done.set()
        return 0.0

    worker = TurnWorker("test", turn, "the turn broke off", retry_s=0.0, first_s=60.0, ended=closed.set)
    worker.start()
    worker.stop()
    worker.join(10)
    assert closed.is_set()
    assert not done.is_set()
