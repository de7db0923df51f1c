"""A study that is stored, and backups of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.services.context import Context
from scarmass.storage.backup.make import Made, make_backup
from tests.conftest import upload
from tests.services.deletion.distinctive import Distinctive, distinctive


@pytest.fixture
def patient(tmp_path: Path) -> Distinctive:
    return distinctive(tmp_path / "sent")


@pytest.fixture
def stored(client: TestClient, patient: Distinctive) -> str:
    """The id of the stack of a study that was uploaded."""
    return upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool"


@pytest.fixture
def back_up(context: Context, folder: Path, spool: Path) -> Callable[[], Made]:
    def make() -> Made:
        return make_backup(context.database.conninfo, context.files, spool, folder, {"sensitivity": 1}, ("a.token",))

    return make
