"""A thread of turns goes on whatever a turn does, and ends when it is told to."""

import logging
import threading
from datetime import datetime
from unittest.mock import Mock

import pytest

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.worker_threads import TurnWorker, night_worker
from tests.waiting import wait_until


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


@pytest.mark.parametrize(("hour", "is_due"), [(2, False), (3, True), (5, True), (6, False)])
def test_the_daily_work_that_breaks_off_is_tried_again_after_a_pause_until_the_night_is_over(
    hour: int, is_due: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scarmass.worker_threads.NIGHT_POLL_S", 0.05)
    monkeypatch.setattr("scarmass.worker_threads.AWAY_RETRY_S", 60.0)
    nightly = Mock(side_effect=DatabaseUnavailable("the database cannot be reached"))
    monkeypatch.setattr("scarmass.worker_threads.retention.nightly", nightly)
    clock = Mock()
    clock.now.return_value = datetime(2026, 3, 1, hour, 30)
    monkeypatch.setattr("scarmass.worker_threads.datetime", clock)
    worker = night_worker(Mock(nightly_hour=3))
    worker.start()
    try:
        wait_until(lambda: clock.now.call_count > 2, 10)
    finally:
        worker.stop()
        worker.join(10)
    assert (nightly.call_count > 1) is is_due
    said = {record.message for record in caplog.records}
    assert said == ({"the daily work broke off: the database cannot be reached"} if is_due else set())
