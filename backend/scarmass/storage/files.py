"""Content-addressed stores of DICOM objects: a file's name is the sha256 of its bytes.

What comes in waits in a folder of its upload until it is known whether it is kept; the folder goes away with the
upload, or at the next start where a process ended in the middle of one.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from scarmass.domain.errors import StorageFull
from scarmass.storage.room import Room

INCOMING = "incoming"
PIECE_BYTES = 2**18


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


class FileStore(ABC):
    """Content-addressed files: stored whole under the sha256 of their bytes, and never changed.

    Of a file that is not there, `get`, `pieces` and `local` raise FileNotFoundError, and FileDamaged where the store
    finds that it was altered. A store that is away is StoreUnavailable, whatever it is asked for.
    """

    def __init__(self, root: Path, largest_bytes: int | None = None, least_free_bytes: int = 0) -> None:
        """root: where what comes in waits. largest_bytes: that it may hold. least_free_bytes: of its disk."""
        self.root = root
        (root / INCOMING).mkdir(parents=True, exist_ok=True)
        self.room = Room(root, largest_bytes, least_free_bytes)

    @contextmanager
    def incoming(self, expected_bytes: int = 0) -> Iterator[Incoming]:
        """A folder for one upload's files, locked while it is in use and removed at the end.

        Raises StorageFull, before anything is taken where there is no room for what is expected.
        """
        self.room.require(expected_bytes)
        with self._folder() as folder:
            yield folder

    @contextmanager
    def _folder(self) -> Iterator[Incoming]:
        with ExitStack() as stack:
            with _locked(self.root / INCOMING), storage_full_is_a_fact():
                folder = Path(tempfile.mkdtemp(dir=self.root / INCOMING))
                stack.enter_context(_locked(folder))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            yield Incoming(folder)

    @abstractmethod
    def require_ready(self) -> None:
        """Raises StoreUnavailable where what is stored cannot be had, or nothing be stored."""

    @abstractmethod
    def keep(self, received: Sequence[Received]) -> None:
        """Store files durably under their sha256; storing them again changes nothing.

        Raises StorageFull, FileRefused.
        """

    def put(self, content: bytes) -> str:
        """Store the bytes durably and return their sha256; storing them again changes nothing. Raises StorageFull."""
        with self.incoming(len(content)) as incoming:
            received = incoming.receive([content])
            self.keep([received])
        return received.sha256

    @abstractmethod
    def present(self, sha256s: Iterable[str]) -> set[str]:
        """Those of these that are stored."""

    def has(self, sha256: str) -> bool:
        return bool(self.present([sha256]))

    @abstractmethod
    def get(self, sha256: str) -> bytes:
        """The bytes of this sha256."""

    @abstractmethod
    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The same in pieces, of what may be large."""

    @abstractmethod
    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """A file of these bytes as long as the block, to be read by what needs one."""

    @abstractmethod
    def remove(self, sha256s: Iterable[str]) -> int:
        """Remove files for good, where they are stored; answers how many were."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """The sha256 of every file that is stored."""

    def remove_abandoned(self) -> int:
        """Remove the folders of uploads whose process has ended; answers how many there were."""
        removed = 0
        with _locked(self.root / INCOMING):
            for folder in list((self.root / INCOMING).iterdir()):
                with suppress(BlockingIOError), _locked(folder, fcntl.LOCK_NB):
                    shutil.rmtree(folder, ignore_errors=True)
                    removed += 1
        return removed


class SharedStore(FileStore):
    """A store that several installations could name, so that it says of which one it is."""

    @abstractmethod
    def whose(self) -> str | None:
        """What was said of whose it is; None where nothing was."""

    @abstractmethod
    def say_whose(self, said: str | None) -> None:
        """None: nothing any more."""


@contextmanager
def storage_full_is_a_fact() -> Iterator[None]:
    """Raise StorageFull where the disk, or what of it may be used, is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("the server's disk is full: nothing more can be stored until there is room") from error
        raise


def pieces_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
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
