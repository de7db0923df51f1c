"""What came over the network waits here, one file an object, until it is taken in.

Another process may put while this one takes. A name appears only when the whole content is on the disk, so that
whatever put says is stored is there after a crash, and nothing else is.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from scarmass.domain.errors import StorageFull
from scarmass.storage.files import storage_full_is_a_fact

OBJECT, NOTE, PARTIAL = "object", "note", "partial"
ASIDE = "aside"
LOCK = "taking"
ABANDONED_AFTER_S = 3600
"""Nobody writes an object for so long: its writer was ended in the middle."""
COUNTED_EVERY_S = 1.0


@dataclass(frozen=True)
class Waiting:
    """An object, or a note. put_at: seconds since 1970."""

    path: Path
    source: str
    is_note: bool
    put_at: float

    def note(self) -> tuple[str, dict[str, Any]]:
        """Kind and payload of a note."""
        content = json.loads(self.path.read_bytes())
        return content["kind"], content["payload"]


class Spool:
    """Safe to use from many threads and processes. largest_bytes: that may wait; what is above is not taken."""

    def __init__(self, folder: Path, largest_bytes: int = 20 * 2**30) -> None:
        self.folder, self.largest_bytes = folder, largest_bytes
        (folder / ASIDE).mkdir(parents=True, exist_ok=True)
        self._numbers = count()
        self._bytes, self._counted_at = 0, float("-inf")  # as this process knows

    def put(self, source: str, pieces: Iterable[bytes]) -> None:
        """Store an object durably. Where its pieces break off nothing of it stays.

        source: the AE title or the peer that it came from. Raises StorageFull, also above the bound.
        """
        self._write(source, pieces, OBJECT)

    def note(self, source: str, kind: str, payload: dict[str, Any]) -> None:
        """Store durably what was said beside objects, of storage commitment. Raises StorageFull."""
        self._write(source, [json.dumps({"kind": kind, "payload": payload}).encode()], NOTE)

    def waiting(self) -> Iterator[Waiting]:
        """Objects and notes, the oldest first."""
        for path in sorted(self.folder.iterdir()):
            parts = path.name.split(".")
            if len(parts) == 3 and parts[2] in (OBJECT, NOTE):
                put_at = int(parts[0].split("-")[0]) / 1e9
                yield Waiting(path, unquote(parts[1]), parts[2] == NOTE, put_at)

    def set_aside_before(self) -> Iterator[Path]:
        """What nothing could be made of."""
        return (self.folder / ASIDE).iterdir()

    def remove(self, one: Waiting) -> None:
        one.path.unlink(missing_ok=True)

    def set_aside(self, one: Waiting) -> None:
        """Keep what nothing can be made of, where it stops nothing else."""
        with suppress(FileNotFoundError):
            one.path.rename(self.folder / ASIDE / one.path.name)

    @contextmanager
    def taking(self) -> Iterator[bool]:
        """Whether we are the one who takes from it now: two processes never take the same objects."""
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_ours = True
            except BlockingIOError:
                is_ours = False
            yield is_ours
        finally:
            os.close(descriptor)

    def sweep(self) -> int:
        """Remove what ended processes left half written; answers how many there were."""
        removed = 0
        for path in self.folder.glob(f"*.{PARTIAL}"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > ABANDONED_AFTER_S:
                    path.unlink()
                    removed += 1
        return removed

    def _write(self, source: str, pieces: Iterable[bytes], kind: str) -> None:
        stem = f"{time.time_ns():020d}-{next(self._numbers):09d}-{uuid.uuid4().hex[:8]}"
        name = f"{stem}.{quote(source[:64], safe='').replace('.', '%2E')}.{kind}"
        partial = self.folder / f"{stem}.{PARTIAL}"
        try:
            with storage_full_is_a_fact():
                size = 0
                with partial.open("xb") as file:
                    for piece in pieces:
                        size += len(piece)
                        self._require_room(size)
                        file.write(piece)
                    file.flush()
                    os.fdatasync(file.fileno())
                partial.rename(self.folder / name)
                self._sync_folder()
                self._bytes += size
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _require_room(self, size: int) -> None:
        """Raises StorageFull. What waits is counted where it may be too much, as others put and take meanwhile."""
        now = time.monotonic()
        is_counted = self._counted_at > float("-inf")
        if is_counted and self._bytes + size <= self.largest_bytes:
            return
        if now - self._counted_at > COUNTED_EVERY_S:
            self._bytes, self._counted_at = self._waiting_bytes(), now
        if self._bytes + size > self.largest_bytes:
            raise StorageFull("too much from the network waits to be taken in: nothing more is taken until it was")

    def _waiting_bytes(self) -> int:
        total = 0
        with os.scandir(self.folder) as found:
            for entry in found:
                with suppress(FileNotFoundError):
                    total += entry.stat().st_size if entry.name.endswith((OBJECT, NOTE)) else 0
        return total
