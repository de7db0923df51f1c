"""Waiting for what another thread, process or page does."""

import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], object], seconds: float = 30) -> None:
    """Ask again and again: also of a page, whose strict Content-Security-Policy forbids Playwright's own waiting.

    Raises TimeoutError.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for {seconds} s in vain")
        time.sleep(0.03)
