"""Stored files in a local folder: a file's name is the sha256 of its bytes."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from scarmass.storage.files import FileStore, Received, pieces_of, storage_full_is_a_fact, sync

SYNC_THREADS = 8
"""Files written to the disk at once: a disk takes many in hardly more time than one."""


class LocalStore(FileStore):
    """Files under root/aa/bb/<sha256>. A name appears only when the whole content is on the disk."""

    def require_ready(self) -> None:
        """The disk is there as long as the server."""

    def keep(self, received: Sequence[Received]) -> None:
        with storage_full_is_a_fact():
            folders = {self.root}
            for one in received:
                folder = self.path(one.sha256).parent
                folder.mkdir(parents=True, exist_ok=True)
                folders |= {folder, folder.parent}
            new = [one for one in received if not self.path(one.sha256).exists()]
            with ThreadPoolExecutor(SYNC_THREADS) as threads:
                list(threads.map(sync, (one.path for one in new)))
                for one in new:
                    self.room.added(one.path.stat().st_size)
                    one.path.replace(self.path(one.sha256))
                list(threads.map(sync, folders))

    def present(self, sha256s: Iterable[str]) -> set[str]:
        return {sha256 for sha256 in sha256s if self.path(sha256).is_file()}

    def get(self, sha256: str) -> bytes:
        return self.path(sha256).read_bytes()

    def pieces(self, sha256: str) -> Iterator[bytes]:
        return pieces_of(self.path(sha256))

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        path = self.path(sha256)
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path

    def remove(self, sha256s: Iterable[str]) -> int:
        there = self.present(sha256s)
        for sha256 in there:
            self.path(sha256).unlink(missing_ok=True)
        return len(there)

    def names(self) -> Iterator[str]:
        return (path.name for path in self.root.glob("??/??/*") if len(path.name) == 64)

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256
