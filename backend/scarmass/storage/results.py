"""The folder of results, which other systems read: a file is there whole, or not at all."""

import errno
import os
import re
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
OF_READING = re.compile(r"_(?P<reading_id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z.]+$")
"""The end of every name that is written, also of one that is written still."""
CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def write_result(folder: Path, name: str, content: bytes) -> None:
    """Write a file beside its place and rename it; one that is there already stays. Raises OSError.

    The folder is not made: it may be the place of another machine's disk, which is away.
    """
    target, partial = folder / name, folder / f".{name}.partial"
    if target.exists():
        return
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    _sync(folder)


def remove_results(folder: Path, reading_ids: Set[str]) -> int:
    """Remove the files that were written of these readings, and are there still; answers how many. Raises OSError."""
    removed = 0
    for path in list(folder.iterdir()):
        of = OF_READING.search(path.name)
        if of is not None and of["reading_id"] in reading_ids:
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        _sync(folder)
    return removed


def why_not_written(folder: Path, error: OSError) -> str:
    """What is in the way, as a clinician can tell it to whoever looks after the folder."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"The results folder {folder} is not there."
    if error.errno in NO_ROOM:
        return f"The results folder {folder} is full."
    if error.errno in CLOSED:
        return f"The results folder {folder} cannot be written to."
    return f"The results folder {folder} cannot be used: {error.strerror or error}."


def _sync(folder: Path) -> None:
    """The file's name is on the disk as well; a file system that cannot be asked for it is believed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
