"""What a file, an archive and an upload may cost at most."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bounds:
    """Each is a setting (settings.py says what it is for); docs/limits.md shows them together.

    attribute_bytes: of any attribute but the pixel data. expanded_bytes: what the files of an archive come to,
    unpacked. memory_bytes, file_seconds: of the process that reads a file. upload_seconds: of all files of an upload
    together. Each bytes_per_second of a file, or that were sent, give another second.
    """

    file_bytes: int = 128 * 2**20
    attribute_bytes: int = 4 * 2**20
    image_pixels: int = 2**24
    archive_entries: int = 50_000
    expanded_bytes: int = 8 * 2**30
    memory_bytes: int = 384 * 2**20
    file_seconds: float = 4.0
    upload_seconds: float = 6.0
    bytes_per_second: float = 2 * 2**20

    def seconds_for(self, path: Path) -> float:
        """How long reading a file may take."""
        return self.file_seconds + path.stat().st_size / self.bytes_per_second
