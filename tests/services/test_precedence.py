"""What nobody waits for gives way to a click that is being answered."""

import threading
from contextlib import nullcontext

import pytest

from scarmass.domain.errors import CalledOff
from scarmass.services import precedence as precedence_module
from scarmass.services.precedence import Asker, Precedence, asking


def test_without_a_click_nothing_waits() -> None:
    Precedence().give_way(longest_s=1e9)


def test_what_gives_way_goes_on_when_the_last_click_is_answered() -> None:
    precedence, went_on = Precedence(), threading.Event()

    def ask() -> None:
        precedence.give_way()
        went_on.set()

    with precedence.click():
        with precedence.click():
            asking = threading.Thread(target=ask)
            asking.start()
        assert not went_on.wait(0.05)
    assert went_on.wait(10)
    asking.join()


def test_a_click_that_failed_holds_nobody_up() -> None:
    precedence = Precedence()
    with pytest.raises(ValueError, match="refused"), precedence.click():
        raise ValueError("refused")
    precedence.give_way(longest_s=1e9)


def test_clicks_without_end_hold_nobody_up_for_ever() -> None:
    precedence = Precedence()
    with precedence.click():
        asking = threading.Thread(target=precedence.give_way, args=(0.01,))
        asking.start()
        asking.join(10)
        assert not asking.is_alive()


def test_what_is_done_for_a_click_waits_for_none() -> None:
    precedence = Precedence()
    with precedence.click():
        with precedence.click():
            pass
        precedence.give_way(longest_s=1e9)


class Threads:
    """Threads that ask, and the order in which their pieces were done. A piece ends when the test lets it."""

    def __init__(self, precedence: Precedence) -> None:
        self.precedence = precedence
        self.done: list[str] = []
        self.called_off: list[str] = []
        self._begun, self._end = threading.Semaphore(0), threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def ask(self, asker: Asker, pieces: int, is_click: bool = False) -> None:
        self._threads.append(threading.Thread(target=self._ask, args=(asker, pieces, is_click)))
        self._threads[-1].start()

    def _ask(self, asker: Asker, pieces: int, is_click: bool) -> None:
        asking.set(asker)
        with self.precedence.click() if is_click else nullcontext():
            for _ in range(pieces):
                try:
                    with self.precedence.piece():
                        self.done.append(asker.name)
                        self._begun.release()
                        self._end.acquire()
                except CalledOff:
                    self.called_off.append(asker.name)
                    return

    def wait_until_begun(self, pieces: int = 1) -> None:
        for _ in range(pieces):
            assert self._begun.acquire(timeout=20)

    def wait_until_waiting(self, askers: int) -> None:
        with self.precedence._changed:
            assert self.precedence._changed.wait_for(lambda: len(self.precedence._waiting) == askers, 20)

    def end(self, pieces: int) -> None:
        self._end.release(pieces)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Threads:
    """Where other work waits for clicks however long."""
    monkeypatch.setattr(precedence_module, "OTHERS_EVERY_S", 1e6)
    return Threads(Precedence())


def test_those_who_ask_take_turns_however_much_each_asks_for(threads: Threads) -> None:
    threads.ask(Asker("much"), 400)
    threads.wait_until_begun()
    threads.ask(Asker("little"), 3)
    for _ in range(5):
        threads.wait_until_waiting(1)
        threads.end(1)
        threads.wait_until_begun()
    assert threads.done == ["much", "little"] * 3
    threads.end(400)
    threads.join()


def test_a_click_goes_before_all_that_others_asked_for_and_beside_what_is_at_work(threads: Threads) -> None:
    threads.ask(Asker("much"), 20)
    threads.wait_until_begun()
    threads.ask(Asker("click"), 3, is_click=True)
    threads.wait_until_begun()
    assert threads.done == ["much", "click"]
    threads.end(23)
    threads.join()
    assert threads.done[:4] == ["much", "click", "click", "click"]


def test_clicks_of_several_take_turns_too(threads: Threads) -> None:
    threads.precedence.clicks_at_once = 1
    threads.ask(Asker("many slices"), 50, is_click=True)
    threads.wait_until_begun()
    threads.ask(Asker("one slice"), 1, is_click=True)
    threads.wait_until_waiting(1)
    threads.end(51)
    threads.join()
    assert threads.done[:2] == ["many slices", "one slice"]


def test_so_many_pieces_are_at_work_at_once_as_there_is_room_for(threads: Threads) -> None:
    threads.precedence.others_at_once = 2
    for name in ("one", "another", "a third"):
        threads.ask(Asker(name), 1)
    threads.wait_until_begun(2)
    threads.wait_until_waiting(1)
    threads.end(3)
    threads.join()
    assert sorted(threads.done) == ["a third", "another", "one"]


def a_piece_of(precedence: Precedence) -> tuple[threading.Thread, threading.Event]:
    """A thread that does one piece of work that nobody waits for, and what it sets in that."""
    done = threading.Event()

    def ask() -> None:
        with precedence.piece():
            done.set()

    return threading.Thread(target=ask), done


def test_clicks_without_end_leave_a_piece_to_others_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence_module, "OTHERS_EVERY_S", 0.01)
    precedence = Precedence()
    other, done = a_piece_of(precedence)
    with precedence.click():
        other.start()
        assert done.wait(20)
    other.join()


def test_clicks_that_come_as_soon_as_those_before_are_answered_leave_a_piece_to_others_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pauses that are over before anybody wakes up."""
    monkeypatch.setattr(precedence_module, "OTHERS_EVERY_S", 0.2)
    precedence = Precedence()
    other, done = a_piece_of(precedence)
    with precedence.click():
        other.start()
        for _ in range(600):
            if done.wait(0.05):
                break
            with precedence._changed:
                precedence._count(-1)
                precedence._count(1)
        assert done.is_set()
    other.join()


def test_work_of_a_client_that_has_gone_ends_with_the_piece_at_work(threads: Threads) -> None:
    gone = Asker("gone")
    threads.ask(gone, 400)
    threads.wait_until_begun()
    gone.gone.set()
    threads.end(1)
    threads.join()
    assert (threads.done, threads.called_off) == (["gone"], ["gone"])


def test_when_the_server_ends_no_piece_begins(threads: Threads) -> None:
    threads.ask(Asker("first"), 400)
    threads.wait_until_begun()
    threads.ask(Asker("second"), 400)
    threads.ask(Asker("third"), 400, is_click=True)
    threads.wait_until_begun()
    threads.wait_until_waiting(1)
    threads.precedence.stop()
    threads.end(2)
    threads.join()
    assert sorted(threads.called_off) == ["first", "second", "third"]
    assert threads.done == ["first", "third"]


def test_what_is_called_off_is_no_failure_that_work_goes_on_after() -> None:
    assert not issubclass(CalledOff, Exception)
