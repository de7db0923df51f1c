"""What a backup holds, with the checksums by which it is known to be whole."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scarmass.domain.errors import BackupInvalid
from scarmass.storage.files import pieces_of, sync

FORMAT = 1
MANIFEST, CHECKSUM = "manifest.json", "manifest.sha256"
DUMP, SETTINGS, SPOOL = "database.dump", "settings.json", "spool"
OBJECTS = "objects"
"""Beside the backups of a folder, and shared by them: an object that did not change is stored once."""


@dataclass(frozen=True)
class Manifest:
    """files: sha256 by name, of the backup's own folder. objects: sha256 of the stored objects that its rows name.

    missing: those that were named and not there, or damaged. revision: of the database's schema. left_out: names of the
    settings that are secrets, which are set again by hand.
    """

    made_at: str
    version: str
    revision: str
    files: dict[str, str]
    objects: tuple[str, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    format: int = FORMAT

    @property
    def kept(self) -> tuple[str, ...]:
        """The objects that the backup has."""
        return tuple(sorted(set(self.objects) - set(self.missing)))


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest and its own checksum beside what it is of."""
    text = json.dumps(asdict(manifest), indent=1) + "\n"
    (folder / MANIFEST).write_text(text)
    (folder / CHECKSUM).write_text(f"{hashlib.sha256(text.encode()).hexdigest()}  {MANIFEST}\n")
    for name in (MANIFEST, CHECKSUM):
        sync(folder / name)


def read(folder: Path) -> Manifest:
    """Raises BackupInvalid."""
    try:
        text, checksum = (folder / MANIFEST).read_bytes(), (folder / CHECKSUM).read_text()
        if hashlib.sha256(text).hexdigest() != checksum.split()[0]:
            raise BackupInvalid(f"{folder / MANIFEST} was altered: its checksum differs")
        document = json.loads(text)
        lists = {name: tuple(document[name]) for name in ("objects", "missing", "left_out")}
        manifest = Manifest(**{**document, **lists})
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise BackupInvalid(f"{folder} holds no backup that is whole: its manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise BackupInvalid(f"the backup is of format {manifest.format}, and this version knows format {FORMAT}")
    return manifest


def require_whole(manifest: Manifest, folder: Path) -> None:
    """Raises BackupInvalid where one of the backup's own files is not what it was."""
    for name, sha256 in manifest.files.items():
        path = folder / name
        if not path.is_file() or digest_of(path) != sha256:
            raise BackupInvalid(f"{path} is missing or was altered: its checksum differs")


def backups_in(folder: Path) -> list[Path]:
    """The backups of a folder that were finished, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and (path / CHECKSUM).is_file())


def object_path(folder: Path, sha256: str) -> Path:
    """Where a folder of backups keeps an object."""
    return folder / OBJECTS / sha256[:2] / sha256


def digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    for piece in pieces_of(path):
        digest.update(piece)
    return digest.hexdigest()
