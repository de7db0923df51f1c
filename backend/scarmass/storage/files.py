"""Content-addressed store of DICOM objects: a file's name is the sha256 of its bytes."""

import hashlib
import os
import tempfile
from pathlib import Path


class FileStore:
    """Files under root/aa/bb/<sha256>. A name appears only when the whole content is on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Store the bytes durably and return their sha256; storing them again changes nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not path.exists():
            self._write(path, content)
        for folder in (path.parent, path.parent.parent, self.root):
            _sync_folder(folder)
        return sha256

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".incoming-", delete=False) as incoming:
            try:
                incoming.write(content)
                incoming.flush()
                os.fsync(incoming.fileno())
                Path(incoming.name).replace(path)
            except BaseException:
                Path(incoming.name).unlink(missing_ok=True)
                raise

    def get(self, sha256: str) -> bytes:
        """The bytes of this sha256. Raises FileNotFoundError."""
        return self._path(sha256).read_bytes()

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
