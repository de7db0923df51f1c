"""A folder for a server and its PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability.running import kill_postgres


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own temporary folder, which is closed to the user that PostgreSQL runs as under root."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        kill_postgres(Path(name))
