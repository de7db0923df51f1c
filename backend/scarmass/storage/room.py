"""How much a folder of files may hold, and how much of its disk has to stay free."""

import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from scarmass.domain.errors import StorageFull

COUNTED_EVERY_S = 300.0
RECOUNTED_EVERY_S = 10.0
"""Where it seems to be full: something may have been deleted."""


@dataclass(frozen=True)
class Usage:
    """In bytes. largest: that may be stored, None where the disk alone decides. least_free: that stay free of it."""

    stored: int
    largest: int | None
    free: int
    least_free: int

    def has_room_for(self, wanted: int) -> bool:
        """What comes is on the disk twice while it is taken in: as it was sent, and file by file."""
        is_within = self.largest is None or self.stored + wanted <= self.largest
        return is_within and self.free - 2 * wanted >= self.least_free


class Room:
    """Of one folder. Safe to use from many threads. What others add is known at the next count."""

    def __init__(self, folder: Path, largest_bytes: int | None = None, least_free_bytes: int = 0) -> None:
        self._folder, self._largest, self._least_free = folder, largest_bytes, least_free_bytes
        self._stored, self._counted_at = 0, float("-inf")
        self._guard = threading.Lock()

    def require(self, wanted_bytes: int = 0) -> None:
        """Raises StorageFull where so much, or anything at all, finds no room."""
        wanted = max(1, wanted_bytes)
        if self.usage().has_room_for(wanted) or self.usage(RECOUNTED_EVERY_S).has_room_for(wanted):
            return
        raise StorageFull(
            "the server's storage is full: nothing of this is taken, and nothing can be until there is room; what is "
            "stored can be read and measured"
        )

    def added(self, size: int) -> None:
        with self._guard:
            self._stored += size

    def usage(self, counted_every_s: float = COUNTED_EVERY_S) -> Usage:
        with self._guard:
            if self._largest is not None and monotonic() - self._counted_at > counted_every_s:
                self._stored, self._counted_at = _bytes_in(self._folder), monotonic()
            free = shutil.disk_usage(self._folder).free
            return Usage(self._stored, self._largest, free, self._least_free)


def _bytes_in(folder: str | Path) -> int:
    """Of all files below; those that go away meanwhile count nothing."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    total += _bytes_in(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        pass
    return total
