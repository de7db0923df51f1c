"""Garbage on Pythons whose collector may run in the middle of an instruction."""

import gc
import subprocess
import sys
import weakref

import pytest

from scarmass.garbage import collected_between_instructions
from tests.waiting import wait_until

TOUCHED_WHILE_ITS_DICT_IS_MADE = """
import gc, weakref
from contextlib import nullcontext
from scarmass.garbage import collected_between_instructions

class State:
    def __init__(self):
        self.one, self.other = 1, [2]

class Cycle:
    pass

def garbage_that_touches(state, seen):
    cycle = Cycle()
    cycle.itself = cycle
    return weakref.ref(cycle, lambda _: seen.append(state.__dict__))

kept = []
with BLOCK():
    for _ in range(200):
        gc.set_threshold(1_000_000)
        state, seen = State(), []
        kept.append(garbage_that_touches(state, seen))
        kept.append([{"a": number} for number in range(200)])  # Python's store of unused dictionaries is empty
        gc.set_threshold(1)
        mine = state.__dict__
        gc.set_threshold(1_000_000)
        assert all(dictionary is mine for dictionary in seen)
"""


def run(block: str) -> int:
    program = TOUCHED_WHILE_ITS_DICT_IS_MADE.replace("BLOCK", block)
    return subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL).returncode


def test_an_object_that_is_touched_while_its_dict_is_made_has_one_dict() -> None:
    assert run("collected_between_instructions") == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 collects garbage between instructions by itself")
def test_this_python_would_give_it_two() -> None:
    assert run("nullcontext") != 0


def test_cycles_are_collected_all_the_same() -> None:
    class Cycle:
        itself: "Cycle"

    with collected_between_instructions():
        cycle = Cycle()
        cycle.itself = cycle
        gone = weakref.ref(cycle)
        del cycle
        wait_until(lambda: gone() is None)
    assert gc.isenabled()
    assert not gc.get_freeze_count()
