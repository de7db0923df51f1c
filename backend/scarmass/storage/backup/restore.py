"""A backup restored into an empty data folder and an empty database: checked first, then all of it or nothing."""

import json
import logging
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from scarmass.domain.errors import BackupInvalid, Fact, FolderNotEmpty, StoreUnavailable
from scarmass.paths import MIGRATIONS
from scarmass.storage import record_key
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
from scarmass.storage.database import Database, migrate
from scarmass.storage.files import FileStore, SharedStore, pieces_of
from scarmass.storage.installations import RESTORING, set_installation_id

log = logging.getLogger(__name__)

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
    """The record key, which no backup holds, may be there already. Raises FolderNotEmpty."""
    if _within(data_dir):
        raise FolderNotEmpty(f"{data_dir} is not empty: a backup is restored into an empty data folder")


@contextmanager
def all_or_nothing(data_dir: Path) -> Iterator[None]:
    """Leave an empty data folder empty where the block raises."""
    try:
        yield
    except BaseException:
        for path in _within(data_dir):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _within(data_dir: Path) -> list[Path]:
    return [path for path in data_dir.iterdir() if path.name != record_key.FILE] if data_dir.exists() else []


@contextmanager
def restored_objects(folder: Path, manifest: Manifest, files: FileStore) -> Iterator[uuid.UUID]:
    """Fill a store that is empty, or that a restore which did not end began to fill.

    It is for an installation of the id that this yields, as the one that was backed up may still run. Where the block
    raises, what was stored here is removed. Raises FolderNotEmpty, StorageFull, FileRefused, StoreUnavailable.
    """
    installation = uuid.uuid4()
    mark = f"{RESTORING}{installation}"
    _begin(files, mark)
    new: list[str] = []
    try:
        for start in range(0, len(manifest.kept), BATCH):
            batch = manifest.kept[start : start + BATCH]
            there = files.present(batch)
            new += [sha256 for sha256 in batch if sha256 not in there]
            with files.incoming() as incoming:
                files.keep([incoming.receive(pieces_of(object_path(folder, sha256))) for sha256 in batch])
        if isinstance(files, SharedStore) and files.whose() != mark:
            raise FolderNotEmpty("another restore into the same prefix of the object store was begun after this one")
        yield installation
    except BaseException as error:
        _take_back(files, mark, new, error)
        raise
    if isinstance(files, SharedStore):
        with suppress(StoreUnavailable):  # the restored server says so at its first start
            files.say_whose(str(installation))


def _begin(files: FileStore, mark: str) -> None:
    said = files.whose() if isinstance(files, SharedStore) else None
    is_ours = said is None and next(files.names(), None) is None
    if not is_ours and not (said or "").startswith(RESTORING):
        raise FolderNotEmpty("the store of the objects is not empty: a backup is restored into an empty one")
    if isinstance(files, SharedStore):
        files.say_whose(mark)


def _take_back(files: FileStore, mark: str, new: Sequence[str], error: BaseException) -> None:
    """Remove what was stored. Where that fails too, raise the first error, which says then what is left."""
    left = len(new)
    try:
        if isinstance(files, SharedStore) and files.whose() != mark:
            return  # another restore goes on with them
        for start in range(0, len(new), BATCH):
            files.remove(new[start : start + BATCH])
            left = max(0, len(new) - start - BATCH)
        if isinstance(files, SharedStore) and next(files.names(), None) is None:
            files.say_whose(None)
    except Exception as second:
        log.warning("what was restored could not be removed: %s", second)
        if isinstance(error, Fact) and left:
            raise type(error)(
                f"{error}; up to {left} objects are left in the store: restore again, into the same place"
            ) from error


def restore_folder(backup: Path, data_dir: Path, of_objects: Mapping[str, Any]) -> None:
    """What waited to be taken in, and settings. of_objects: where the objects are now, as settings."""
    waiting = sorted((backup / SPOOL).iterdir()) if (backup / SPOOL).is_dir() else []
    if waiting:
        (data_dir / "spool").mkdir()
    for path in waiting:
        shutil.copyfile(path, data_dir / "spool" / path.name)
    said = json.loads((backup / SETTINGS).read_text())
    # What it says of an object store is of the installation that was backed up, and is that one's alone.
    settings = {name: value for name, value in said.items() if not name.startswith("objects")}
    if settings := {**settings, **of_objects}:
        (data_dir / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")


def restore_database(backup: Path, url: str, installation: uuid.UUID) -> None:
    """Fill the database, bring its schema to this version's, and let it be the installation's of this id.

    Raises FolderNotEmpty, BackupFailed.
    """
    if not postgres_tools.is_empty(url):
        raise FolderNotEmpty("the database is not empty: a backup is restored into an empty one")
    postgres_tools.restore(url, backup / DUMP)
    migrate(url)
    with closing(Database(url)) as database, database.transaction() as session:
        set_installation_id(session, installation)


def _require_known(revision: str, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        ScriptDirectory.from_config(config).get_revision(revision)
    except CommandError as error:
        raise BackupInvalid(
            f"the backup was made by a newer version ({version}): restore it with that one, or a newer one"
        ) from error
