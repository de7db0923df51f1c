"""A backup restored into an empty data folder and an empty database: checked first, then all of it or nothing."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from scarmass.domain.errors import BackupInvalid, FolderNotEmpty
from scarmass.paths import MIGRATIONS
from scarmass.storage.backup import postgres_tools
from scarmass.storage.backup.manifest import (
    DUMP,
    SETTINGS,
    SPOOL,
    Manifest,
    backups_in,
    digest_of,
    object_path,
    read,
    require_whole,
)
from scarmass.storage.database import migrate
from scarmass.storage.files import pieces_of
from scarmass.storage.local_store import LocalStore

BATCH = 200
"""Objects stored at once."""


def chosen_backup(folder: Path) -> tuple[Path, Path]:
    """The backup that is meant, and the folder of backups that it is in: the newest one of a folder of them.

    Raises BackupInvalid.
    """
    if backups := backups_in(folder):
        return backups[-1], folder
    if folder in backups_in(folder.parent):
        return folder, folder.parent
    raise BackupInvalid(f"{folder} is no backup, and holds none that was finished")


def checked(backup: Path, folder: Path) -> Manifest:
    """The manifest of a backup that is whole, objects too, and not of a newer version. Raises BackupInvalid."""
    manifest = read(backup)
    _require_known(manifest.revision, manifest.version)
    require_whole(manifest, backup)
    for sha256 in manifest.kept:
        path = object_path(folder, sha256)
        if not path.is_file() or digest_of(path) != sha256:
            raise BackupInvalid(f"the object {sha256} is missing in {folder} or was altered")
    return manifest


def require_empty(data_dir: Path) -> None:
    """Raises FolderNotEmpty."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise FolderNotEmpty(f"{data_dir} is not empty: a backup is restored into an empty data folder")


@contextmanager
def all_or_nothing(data_dir: Path) -> Iterator[None]:
    """Leave an empty data folder empty where the block raises."""
    try:
        yield
    except BaseException:
        for path in list(data_dir.iterdir()) if data_dir.exists() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def restore_files(backup: Path, folder: Path, manifest: Manifest, data_dir: Path) -> None:
    """Objects, what waited to be taken in, and settings."""
    files = LocalStore(data_dir / "objects")
    kept = manifest.kept
    for start in range(0, len(kept), BATCH):
        with files.incoming() as incoming:
            objects = [object_path(folder, sha256) for sha256 in kept[start : start + BATCH]]
            files.keep([incoming.receive(pieces_of(path)) for path in objects])
    waiting = sorted((backup / SPOOL).iterdir()) if (backup / SPOOL).is_dir() else []
    if waiting:
        (data_dir / "spool").mkdir()
    for path in waiting:
        shutil.copyfile(path, data_dir / "spool" / path.name)
    if json.loads((backup / SETTINGS).read_text()):
        shutil.copyfile(backup / SETTINGS, data_dir / "settings.json")


def restore_database(backup: Path, url: str) -> None:
    """Fill the database, and bring its schema to this version's. Raises FolderNotEmpty, BackupFailed."""
    if not postgres_tools.is_empty(url):
        raise FolderNotEmpty("the database is not empty: a backup is restored into an empty one")
    postgres_tools.restore(url, backup / DUMP)
    migrate(url)


def _require_known(revision: str, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        ScriptDirectory.from_config(config).get_revision(revision)
    except CommandError as error:
        raise BackupInvalid(
            f"the backup was made by a newer version ({version}): restore it with that one, or a newer one"
        ) from error
