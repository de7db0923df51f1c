"""Uploaded files, with .zip archives opened within bounds."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar

from scarmass.domain.errors import Fact
from scarmass.imaging.bounds import Bounds

ARCHIVE_MAGIC = b"PK\x03\x04"
EMPTY_ARCHIVE_MAGIC = b"PK\x05\x06"
MAX_DIRECTORY_BYTES = 8 * 2**20
"""Of an archive's directory, which zipfile takes into memory whole, at twelve times its size."""
CHUNK_BYTES = 2**20
MAX_NAME = 256
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that zipfile unpacks piece by piece; the others come out of it whole, however large."""

T = TypeVar("T")
Receive = Callable[[Iterator[bytes]], T]
"""Takes the pieces of one file and answers what became of them."""


@dataclass(frozen=True)
class Refused:
    """A file that is not taken in. may_pass: another try may end otherwise."""

    name: str
    reason: str
    may_pass: bool = False


class _Refusal(Exception):
    """A file breaks a bound; the message is the reason."""


def files_within(
    name: str, stream: BinaryIO, receive: Receive[T], bounds: Bounds = Bounds()
) -> Iterator[tuple[str, T] | Refused]:
    """The file itself, or the files of a .zip one by one, each as its name and what `receive` made of its pieces.

    What breaks a bound or cannot be unpacked is Refused; facts that `receive` raises come through. Names come back
    printable and cut to their last 256 characters.
    """
    name = _printable(name)
    if is_archive(stream):
        yield from _unpacked(name, stream, receive, bounds)
    else:
        yield _received(name, stream, receive, bounds, None)


def is_archive(stream: BinaryIO) -> bool:
    magic = stream.read(len(ARCHIVE_MAGIC))
    stream.seek(0)
    return magic in (ARCHIVE_MAGIC, EMPTY_ARCHIVE_MAGIC)


def _unpacked(name: str, stream: BinaryIO, receive: Receive[T], bounds: Bounds) -> Iterator[tuple[str, T] | Refused]:
    try:
        archive = zipfile.ZipFile(_SmallReads(stream))  # type: ignore[arg-type]
    except _Refusal as refusal:
        yield Refused(name, str(refusal))
        return
    except Exception:  # zipfile raises many kinds on damaged bytes
        yield Refused(name, "the .zip archive is damaged")
        return
    with archive:
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
        entries = [entry for entry in files if not _is_litter(entry.filename)]
        if len(entries) > bounds.archive_entries:
            yield Refused(name, f"the archive holds more than {bounds.archive_entries} files")
        elif not files:
            yield Refused(name, "the archive is empty")
        else:
            yield from _entries(name, archive, entries, receive, bounds)


def _entries(
    name: str, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], receive: Receive[T], bounds: Bounds
) -> Iterator[tuple[str, T] | Refused]:
    """Small ones first, so that large ones cannot use up what they need."""
    expanded = _Expanded(bounds.expanded_bytes)
    for entry in sorted(entries, key=lambda entry: entry.file_size):
        inner = _printable(f"{name}/{entry.filename}")
        if entry.flag_bits & 1:
            yield Refused(inner, "the archive entry is encrypted")
        elif entry.compress_type not in COMPRESSIONS:
            yield Refused(inner, "the archive entry is not compressed by deflate")
        elif entry.file_size > bounds.file_bytes:
            # zipfile unpacks no more than the directory claims, so a false claim gains nothing.
            yield Refused(inner, _too_large(bounds))
        else:
            try:
                with archive.open(entry) as stream:
                    found = _received(inner, stream, receive, bounds, expanded)  # type: ignore[arg-type]
            except Fact:
                raise
            except Exception:  # as above
                found = Refused(inner, "the archive entry is damaged")
            if expanded.left < 0:
                yield Refused(name, f"the archive unpacks to more than {bounds.expanded_bytes // 2**20} MiB")
                return
            yield found


@dataclass
class _Expanded:
    """left: bytes that an archive may still unpack to, whatever becomes of them."""

    left: int


def _received(
    name: str, stream: BinaryIO, receive: Receive[T], bounds: Bounds, expanded: _Expanded | None
) -> tuple[str, T] | Refused:
    def pieces() -> Iterator[bytes]:
        size = 0
        while piece := stream.read(CHUNK_BYTES):
            if expanded is not None:
                expanded.left -= len(piece)
                if not size and piece.startswith(ARCHIVE_MAGIC):
                    raise _Refusal("an archive within an archive")
                if expanded.left < 0:
                    raise _Refusal("the archive unpacks to too much")
            size += len(piece)
            if size > bounds.file_bytes:
                raise _Refusal(_too_large(bounds))
            yield piece

    try:
        return name, receive(pieces())
    except _Refusal as refusal:
        return Refused(name, str(refusal))


class _SmallReads:
    """A stream that zipfile reads a directory from, but not a larger one than there is memory for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(MAX_DIRECTORY_BYTES + 1 if size < 0 else min(size, MAX_DIRECTORY_BYTES + 1))
        if len(content) > MAX_DIRECTORY_BYTES:
            raise _Refusal(f"the archive's directory is larger than {MAX_DIRECTORY_BYTES // 2**20} MiB")
        return content


def _too_large(bounds: Bounds) -> str:
    return f"the file is larger than {bounds.file_bytes // 2**20} MiB"


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[-MAX_NAME:]


def _is_litter(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db", "DICOMDIR"))
