"""What a listener is given in tests, and listeners with it."""

import io
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pydicom

from scarmass.domain.pacs import Commitment, DimsePeer, LocalEntity, Reference, Tls
from scarmass.imaging.dimse.client import DimseClient
from scarmass.imaging.dimse.listener import Listener, ListenerBounds

SCANNER = DimsePeer("the scanner", "SCANNER", "127.0.0.1", 104)
AS_SCANNER = LocalEntity("SCANNER")


class Kept:
    """Keeps what comes in memory. raises: instead of keeping anything."""

    def __init__(self) -> None:
        self.objects: list[tuple[str, bytes]] = []
        self.requests: list[tuple[str, str, tuple[Reference, ...]]] = []
        self.reports: list[tuple[str, Commitment]] = []
        self.refusals: list[tuple[str, str, str]] = []
        self.raises: Exception | None = None
        self.before: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def receive(self, peer: DimsePeer, pieces: Iterable[bytes]) -> None:
        content = b"".join(pieces)
        self.before()
        with self._lock:
            if self.raises is not None:
                raise self.raises
            self.objects.append((peer.name, content))

    def requested(self, peer: DimsePeer, transaction_uid: str, references: Sequence[Reference]) -> None:
        if self.raises is not None:
            raise self.raises
        self.requests.append((peer.name, transaction_uid, tuple(references)))

    def committed(self, peer: DimsePeer, commitment: Commitment) -> None:
        self.reports.append((peer.name, commitment))

    def refused(self, calling: str, address: str, reason: str) -> None:
        self.refusals.append((calling, address, reason))

    @property
    def uids(self) -> list[str]:
        return [str(pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID) for _, content in self.objects]


@contextmanager
def listening(
    kept: Kept,
    *peers: DimsePeer,
    port: int = 0,
    tls: Tls | None = None,
    bounds: ListenerBounds | None = None,
    **how: bool,
) -> Iterator[int]:
    """A listener of these peers, the scanner where none is named; yields its port."""
    local = LocalEntity(port=port, tls=tls)
    with Listener(local, peers or (SCANNER,), kept, bounds, **how) as listener:
        yield listener.port


def client_of(port: int, local: LocalEntity = AS_SCANNER, tls: Tls | None = None) -> DimseClient:
    """A client that asks our listener."""
    return DimseClient(DimsePeer("the listener", "SCARMASS", "127.0.0.1", port, tls=tls), local)


def data_set(content: bytes) -> bytes:
    """What stands behind the header of a file."""
    return content[144 + int.from_bytes(content[140:144], "little") :]


def contents(files: Iterable[Path]) -> list[bytes]:
    return [path.read_bytes() for path in files]
