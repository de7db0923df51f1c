"""What tests need to know of other processes."""

import psutil


def has_ended(pid: int) -> bool:
    """A zombie has ended too: init may take a second or two to collect an orphan."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
