"""Content-addressed store of DICOM objects: a file's name is the sha256 of its bytes.

What comes in waits in a folder of its upload until it is known whether it is kept; the folder goes away with the
upload, or at the next start where a process ended in the middle of one.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from scarmass.domain.errors import StorageFull
from scarmass.storage.room import Room

INCOMING = "incoming"
SYNC_THREADS = 8
"""Files written to the disk at once: a disk takes many in hardly more time than one."""


@dataclass(frozen=True)
class Received:
    """A file that came in, and waits."""

    path: Path
    sha256: str

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


class Incoming:
    """The folder of one upload. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()

    def receive(self, pieces: Iterable[bytes]) -> Received:
        """Write the pieces of one file; where they break off, nothing of it stays. Raises StorageFull."""
        path = self.folder / str(next(self._numbers))
        digest = hashlib.sha256()
        try:
            with storage_full_is_a_fact(), path.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Received(path, digest.hexdigest())


class FileStore:
    """Files under root/aa/bb/<sha256>. A name appears only when the whole content is on the disk."""

    def __init__(self, root: Path, largest_bytes: int | None = None, least_free_bytes: int = 0) -> None:
        """largest_bytes: that may be stored. least_free_bytes: that stay free of the disk."""
        self.root = root
        (root / INCOMING).mkdir(parents=True, exist_ok=True)
        self.room = Room(root, largest_bytes, least_free_bytes)

    @contextmanager
    def incoming(self, expected_bytes: int = 0) -> Iterator[Incoming]:
        """A folder for one upload's files, locked while it is in use and removed at the end.

        Raises StorageFull, before anything is taken where there is no room for what is expected.
        """
        self.room.require(expected_bytes)
        with ExitStack() as stack:
            with _locked(self.root / INCOMING), storage_full_is_a_fact():
                folder = Path(tempfile.mkdtemp(dir=self.root / INCOMING))
                stack.enter_context(_locked(folder))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            yield Incoming(folder)

    def keep(self, received: Sequence[Received]) -> None:
        """Store files durably under their sha256; storing them again changes nothing. Raises StorageFull."""
        with storage_full_is_a_fact():
            folders = {self.root}
            for one in received:
                folder = self.path(one.sha256).parent
                folder.mkdir(parents=True, exist_ok=True)
                folders |= {folder, folder.parent}
            new = [one for one in received if not self.path(one.sha256).exists()]
            with ThreadPoolExecutor(SYNC_THREADS) as threads:
                list(threads.map(_sync, (one.path for one in new)))
                for one in new:
                    self.room.added(one.path.stat().st_size)
                    one.path.replace(self.path(one.sha256))
                list(threads.map(_sync, folders))

    def put(self, content: bytes) -> str:
        """Store the bytes durably and return their sha256; storing them again changes nothing."""
        with self.incoming(len(content)) as incoming:
            received = incoming.receive([content])
            self.keep([received])
        return received.sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of this sha256. Raises FileNotFoundError."""
        return self.path(sha256).read_bytes()

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def names(self) -> Iterator[str]:
        """The sha256 of every file that is stored."""
        return (path.name for path in self.root.glob("??/??/*") if len(path.name) == 64)

    def remove_abandoned(self) -> int:
        """Remove the folders of uploads whose process has ended; answers how many there were."""
        removed = 0
        with _locked(self.root / INCOMING):
            for folder in list((self.root / INCOMING).iterdir()):
                with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_NB):
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed


@contextmanager
def storage_full_is_a_fact() -> Iterator[None]:
    """Raise StorageFull where the disk, or what of it may be used, is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("the server's disk is full: nothing more can be stored until there is room") from error
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path, flags: int = 0) -> Iterator[None]:
    """Hold the folder's lock, which no process keeps beyond its end. With LOCK_NB, raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
        yield
    finally:
        os.close(descriptor)
