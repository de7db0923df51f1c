"""What nobody waits for gives way to an edit that is being answered."""

import threading

import pytest

from scarmass.services.precedence import Precedence


def test_without_an_edit_nothing_waits() -> None:
    Precedence().give_way(longest_s=1e9)


def test_what_gives_way_goes_on_when_the_last_edit_is_answered() -> None:
    precedence, went_on = Precedence(), threading.Event()

    def ask() -> None:
        precedence.give_way()
        went_on.set()

    with precedence.edit():
        with precedence.edit():
            asking = threading.Thread(target=ask)
            asking.start()
        assert not went_on.wait(0.05)
    assert went_on.wait(10)
    asking.join()


def test_an_edit_that_failed_holds_nobody_up() -> None:
    precedence = Precedence()
    with pytest.raises(ValueError, match="refused"), precedence.edit():
        raise ValueError("refused")
    precedence.give_way(longest_s=1e9)


def test_edits_without_end_hold_nobody_up_for_ever() -> None:
    precedence = Precedence()
    with precedence.edit():
        asking = threading.Thread(target=precedence.give_way, args=(0.01,))
        asking.start()
        asking.join(10)
        assert not asking.is_alive()


def test_what_is_done_for_an_edit_waits_for_none() -> None:
    precedence = Precedence()
    with precedence.edit():
        with precedence.edit():
            pass
        precedence.give_way(longest_s=1e9)
