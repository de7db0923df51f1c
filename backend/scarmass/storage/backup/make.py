"""A backup made beside a server that runs: the database as of one moment, and every object that its rows name.

Objects are stored before the rows that name them, and never changed; while a backup is made none is removed.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from scarmass.domain.errors import BackupFailed, FileDamaged
from scarmass.storage.backup import postgres_tools
from scarmass.storage.backup.manifest import (
    DUMP,
    OBJECTS,
    SETTINGS,
    SPOOL,
    Manifest,
    backups_in,
    digest_of,
    object_path,
    read,
    write,
)
from scarmass.storage.files import FileStore, storage_full_is_a_fact, sync
from scarmass.storage.orphans import LOCK

NAME = "%Y%m%dT%H%M%S.%fZ"
IN_THE_MAKING = ".partial"
DAMAGED = ".damaged"
OF_FILES = """
    select table_name from information_schema.tables
    where table_name in ('instances', 'segmentations', 'promotions') and table_schema = current_schema()
"""
"""Whose rows name stored files by their sha256; a database of an older version lacks some."""
READ_AGAIN = 30
"""Backups in which each object of earlier ones is read again once: disks lose bits unseen, and restoring needs all."""


@dataclass(frozen=True)
class Made:
    """copied: how many objects were not there from earlier backups, or damaged. damaged: how many were, of those that
    were read again."""

    folder: Path
    manifest: Manifest
    copied: int
    damaged: int


def make_backup(
    conninfo: str,
    files: FileStore,
    spool: Path,
    folder: Path,
    settings: Mapping[str, Any],
    left_out: tuple[str, ...],
) -> Made:
    """Add a backup to a folder of backups. settings: without secrets, whose names left_out has.

    Raises BackupFailed, StorageFull, StoreUnavailable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    made, partial = folder / now.strftime(NAME), folder / IN_THE_MAKING
    with _alone(folder), storage_full_is_a_fact():
        shutil.rmtree(partial, ignore_errors=True)  # of a process that was ended
        partial.mkdir(mode=0o700)
        damaged = _damaged(folder)
        # Before the database: what is taken in meanwhile is in both, and taken in twice it is once.
        _copy_spool(spool, partial / SPOOL)
        with _as_of_now(conninfo) as (snapshot, revision, objects):
            postgres_tools.dump(conninfo, partial / DUMP, snapshot)
            copied, missing = _copy_objects(files, folder, objects, damaged)
        for sha256 in damaged.difference(objects):  # what earlier backups alone name
            _set_aside(object_path(folder, sha256))
        (partial / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n")
        own = sorted(path for path in partial.rglob("*") if path.is_file())
        for path in own:
            sync(path)
        names = {str(path.relative_to(partial)): digest_of(path) for path in own}
        manifest = Manifest(now.isoformat(), version("scarmass"), revision, names, objects, missing, left_out)
        write(manifest, partial)
        partial.rename(made)
        sync(folder)
    return Made(made, manifest, copied, len(damaged))


def keep_newest(folder: Path, count: int) -> int:
    """Remove all but the newest backups, and objects that none of those names; answers how many backups went."""
    with _alone(folder):
        found = backups_in(folder)
        old, kept = found[:-count], found[-count:]
        named = {sha256 for each in kept for sha256 in read(each).objects}
        for each in old:
            shutil.rmtree(each)
        for path in (folder / OBJECTS).glob("??/*"):
            if path.name.removesuffix(DAMAGED) not in named:
                path.unlink()
    return len(old)


@contextmanager
def _as_of_now(conninfo: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """A moment of the database that others can look at too: its name, the schema's revision, and the objects named."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute(f"select pg_advisory_xact_lock_shared({LOCK})".encode())
        snapshot = _value(connection, "select pg_export_snapshot()")
        revision = _value(connection, "select version_num from alembic_version")
        objects: set[str] = set()
        for (table,) in connection.execute(OF_FILES).fetchall():
            named = sql.SQL("select distinct sha256 from {} where sha256 is not null").format(sql.Identifier(table))
            objects |= {sha256 for (sha256,) in connection.execute(named)}
        yield snapshot, revision, tuple(sorted(objects))


def _value(connection: psycopg.Connection, query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    if row is None:
        raise BackupFailed("the database holds nothing of ScarMass")
    return str(row[0])


def _damaged(folder: Path) -> set[str]:
    """Read what was read the longest time ago; answers which of it is no longer what it was."""
    read_at = {path: path.stat().st_mtime for path in (folder / OBJECTS).glob("??/*") if not path.suffix}
    damaged = set()
    for path in sorted(read_at, key=read_at.__getitem__)[: ceil(len(read_at) / READ_AGAIN)]:
        try:
            is_whole = digest_of(path) == path.name
        except OSError:  # a sector that cannot be read
            is_whole = False
        if is_whole:
            with suppress(OSError):  # a disk that lets nothing be changed
                path.touch()
        else:
            damaged.add(path.name)
    return damaged


def _copy_objects(
    files: FileStore, folder: Path, objects: Iterable[str], damaged: Container[str]
) -> tuple[int, tuple[str, ...]]:
    """How many were copied now; and which are not there, or are not what they were.

    damaged: copied anew; where that cannot be, what is left of it is set aside.
    """
    copied, missing, folders = 0, [], {folder}
    for sha256 in objects:
        target = object_path(folder, sha256)
        if target.is_file() and sha256 not in damaged:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        folders |= {target.parent, target.parent.parent}
        if _copy(files, sha256, target):
            copied += 1
            continue
        missing.append(sha256)
        if target.is_file():
            _set_aside(target)
    for each in folders:
        sync(each)
    return copied, tuple(missing)


def _set_aside(damaged: Path) -> None:
    damaged.rename(damaged.with_suffix(DAMAGED))


def _copy(files: FileStore, sha256: str, target: Path) -> bool:
    """Whether the file is there and is what it was: under its name once all of it is on the disk."""
    digest, partial = hashlib.sha256(), target.with_suffix(IN_THE_MAKING)
    try:
        with partial.open("wb") as file:
            for piece in files.pieces(sha256):
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except (FileNotFoundError, FileDamaged):
        partial.unlink(missing_ok=True)
        return False
    if digest.hexdigest() != sha256:
        partial.unlink()
        return False
    partial.rename(target)
    return True


def _copy_spool(spool: Path, target: Path) -> None:
    """What waits to be taken in; what is taken in while it is looked at is in the database then."""
    target.mkdir()
    for path in sorted(spool.iterdir()) if spool.is_dir() else ():
        if path.is_file() and path.suffix in (".object", ".note"):
            with suppress(FileNotFoundError):
                shutil.copyfile(path, target / path.name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Raises BackupFailed where another process makes a backup in this folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupFailed("another backup is being made in this folder") from error
    finally:
        os.close(descriptor)
