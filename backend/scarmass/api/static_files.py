"""The page's own files, at an address that changes with them: after an upgrade no browser mixes old with new."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from scarmass.paths import FRONTEND

STATIC = "/static"
KEPT = "public, max-age=31536000, immutable"
ASKED_ABOUT = "no-cache"
DIGEST_LENGTH = 16


class VersionedFiles(StaticFiles):
    """A folder's files, each at two paths.

    Below the digest of them all a file stays what it is, and browsers keep it without asking. A module that is there
    imports others by relative paths, so these are of the same version. At its plain path, which templates of a site
    may name, a browser asks each time whether it changed.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._folder = directory
        self._digest = ""
        self.prefix()

    def prefix(self) -> str:
        """Where pages find the files as they are now."""
        found = [(path, path.stat()) for path in sorted(self._folder.rglob("*")) if path.is_file()]
        self._digest = _digest_of(self._folder, tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in found))
        return f"{STATIC}/{self._digest}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        digest, _, below = path.partition("/")
        is_versioned = digest == self._digest
        response = await super().get_response(below if is_versioned else path, scope)
        response.headers["Cache-Control"] = KEPT if is_versioned else ASKED_ABOUT
        return response


@lru_cache(maxsize=1)
def _digest_of(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of the files' names and contents; read again where one was written since."""
    digest = hashlib.sha256()
    for path, *_ in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder)}\0{content}\n".encode())
    return digest.hexdigest()[:DIGEST_LENGTH]


STATIC_FILES = VersionedFiles(FRONTEND / "static")
