"""Garbage is collected between instructions, on Pythons that would do so in the middle of one.

Up to 3.11 an allocation may start the collector. Where it is the allocation of an object's `__dict__`, and something
that is then collected touches the same object (as SQLAlchemy's weak references do), that object ends up with two
dictionaries over the same memory, and the process crashes some time later. Python 3.12 waits for the next instruction.
"""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE_S = 0.5
ROUNDS_OF_ALL = 60
"""Every so many rounds old objects are looked at as well; those of before the first round never are."""


@contextmanager
def collected_between_instructions() -> Iterator[None]:
    """As long as the block; from Python 3.12 on it does nothing."""
    if sys.version_info >= (3, 12) or not gc.isenabled():
        yield
        return
    left = threading.Event()
    thread = threading.Thread(target=_collect, args=(left,), name="garbage", daemon=True)
    gc.disable()
    gc.collect()
    gc.freeze()
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
        gc.unfreeze()
        gc.enable()


def _collect(left: threading.Event) -> None:
    rounds = 0
    while not left.wait(PAUSE_S):
        rounds += 1
        gc.collect(2 if rounds % ROUNDS_OF_ALL == 0 else 1)
