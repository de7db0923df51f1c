"""Uploaded files, with .zip archives opened within bounds."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

MAX_ENTRIES = 50_000
MAX_FILE_BYTES = 512 * 2**20
MAX_ARCHIVE_BYTES = 8 * 2**30
CHUNK_BYTES = 2**20
ARCHIVE, EMPTY_ARCHIVE = b"PK\x03\x04", b"PK\x05\x06"
"""First bytes of a .zip with files, and of one without."""

MAX_NAME = 256
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that zipfile unpacks piece by piece; the others come out of it whole, however large."""


@dataclass(frozen=True)
class Refused:
    name: str
    reason: str


def files_within(name: str, stream: BinaryIO) -> Iterator[tuple[str, bytes] | Refused]:
    """The file itself as (name, bytes), or the files of a .zip one by one; what breaks a bound is Refused.

    Names come back printable and cut to their last 256 characters.
    """
    name = _printable(name)
    magic = stream.read(4)
    stream.seek(0)
    if magic not in (ARCHIVE, EMPTY_ARCHIVE):
        yield _bounded(name, stream)
        return
    try:
        with zipfile.ZipFile(stream) as archive:
            yield from _entries(name, archive)
    except Exception:  # zipfile raises many kinds on damaged bytes
        yield Refused(name, "the .zip archive is damaged")


def _entries(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes] | Refused]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
    if not entries:
        yield Refused(name, "the archive is empty")
    if len(entries) > MAX_ENTRIES:
        yield Refused(name, f"the archive holds more than {MAX_ENTRIES} files")
        return
    budget = MAX_ARCHIVE_BYTES
    for entry in entries:
        inner = _printable(f"{name}/{entry.filename}")
        if entry.flag_bits & 1:
            yield Refused(inner, "the archive entry is encrypted")
            continue
        if entry.compress_type not in COMPRESSIONS:
            yield Refused(inner, "the archive entry is not compressed by deflate")
            continue
        try:
            with archive.open(entry) as stream:
                unpacked = _bounded(inner, stream)  # type: ignore[arg-type]
        except Exception:  # as above
            yield Refused(inner, "the archive entry is damaged")
            continue
        if not isinstance(unpacked, Refused):
            budget -= len(unpacked[1])
        if budget < 0:
            yield Refused(name, "the archive unpacks to more than 8 GiB")
            return
        yield unpacked


def _bounded(name: str, stream: BinaryIO) -> tuple[str, bytes] | Refused:
    """Read at most MAX_FILE_BYTES: sizes in an archive's directory are claims, not facts."""
    content = bytearray()
    while chunk := stream.read(CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_FILE_BYTES:
            return Refused(name, "the file is larger than 512 MiB")
    return name, bytes(content)


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())[-MAX_NAME:]


def _is_litter(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db", "DICOMDIR"))
