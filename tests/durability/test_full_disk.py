"""A disk that is full: what finds no room is refused in words, nothing of it stays, and with room work goes on.

The disks are small ones of their own in memory, which only root may mount.
"""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.audit import Head
from scarmass.services.audit import verify
from scarmass.services.context import Context
from scarmass.services.readings import deliver
from scarmass.storage.database import Database
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.files import INCOMING
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import upload
from tests.durability.editing import Editor
from tests.durability.running import START_S, kill_postgres, opened, prepared, server
from tests.durability.work import files_of
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

DISK_MIB = 160
"""Holds an empty PostgreSQL and the first pieces of its log."""


@pytest.fixture
def disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, which is small."""
    disk = folder / "disk"
    disk.mkdir()
    options = f"size={DISK_MIB}m,mode=755"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("nobody but root mounts a small disk")
    yield disk
    kill_postgres(disk)
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path, left_bytes: int) -> Path:
    """A file that leaves so much free."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        found = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - left_bytes))
    return ballast


def sent(api: httpx.Client, paths: list[Path]) -> httpx.Response:
    return api.post("/studies", files=[("files", (path.name, path.read_bytes())) for path in paths])


def require_problem(answer: httpx.Response) -> None:
    assert answer.status_code in (503, 507), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].rpartition(":")[2] in ("StorageFull", "DatabaseUnavailable")


def paint(editor: Editor, of: dict) -> dict:
    """A body that takes its room: every second pixel."""
    counts = [1] * (of["rows"] * of["columns"])
    body = {"client_id": f"00000000-0000-4000-8000-{editor.chance.getrandbits(40):012x}", "kind": "paint"}
    name = {key: of[key] for key in ("sop_instance_uid", "frame_number")}
    mask = {"size": [of["rows"], of["columns"]], "counts": counts}
    return {**body, **name, "expected_revision": editor.revision, "mask": mask}


def test_where_objects_find_no_room_nothing_of_an_upload_stays_and_reading_goes_on(disk: Path, tmp_path: Path) -> None:
    with server(disk) as (process, api):
        reading_id = opened(api, files_of(tmp_path, 1))
        of = prepared(api, reading_id)["images"][0]
        kept = sorted((disk / "objects").glob("??/??/*"))
        ballast = fill(disk, 2**12)
        refused = sent(api, files_of(tmp_path, 2))
        require_problem(refused)
        assert list((disk / "objects" / INCOMING).iterdir()) == []
        assert sorted((disk / "objects").glob("??/??/*")) == kept
        assert len(api.get("/studies").json()["studies"]) == 1
        assert api.get(f"/slices/{of['sop_instance_uid']}/1/pixels").status_code == 200
        ballast.unlink()
        assert sent(api, files_of(tmp_path, 2)).status_code == 201
        assert process.is_alive()


def test_where_postgres_finds_no_room_edits_are_refused_and_go_on_once_there_is_some(
    disk: Path, tmp_path: Path
) -> None:
    with server(disk) as (process, api):
        reading_id = opened(api, files_of(tmp_path, 1))
        of = prepared(api, reading_id)["images"][0]
        editor = Editor(reading_id, random.Random(4))
        url = f"/readings/{reading_id}/edits"
        ballast = fill(disk, 2**16)
        while (answer := api.post(url, json=(body := paint(editor, of)))).status_code == 200:
            editor.revision += 1
            assert editor.revision < 1000
        require_problem(answer)
        ballast.unlink()
        deadline = time.monotonic() + START_S
        while (answer := api.post(url, json=body)).status_code in (503, 507):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answer.json()["revision"] == editor.revision + 1
        edits = api.get(url).raise_for_status().json()["edits"]
        assert sorted(edit["revision"] for edit in edits) == list(range(1, editor.revision + 2))
        assert process.is_alive()
    with embedded_postgres(disk / "postgres") as postgres:
        database = Database(postgres)
        assert isinstance(verify(database), Head)
        database.close()


def test_where_results_find_no_room_it_is_said_and_they_are_written_whole_once_there_is_some(
    disk: Path, client: TestClient, context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "RETRY_S", 1)
    context.results_folder = disk
    ballast = fill(disk, 2**13)
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))

    def delivery() -> dict:
        return get(client, signed["id"])["delivery"]

    wait_until(lambda: delivery()["reason"] == f"The results folder {disk} is full.")
    ballast.unlink()
    wait_until(lambda: delivery()["is_written"])
    written = {path.name.partition(".")[2]: path.stat().st_size for path in disk.iterdir()}
    assert written.keys() == deliver.FORMATS.keys()
    assert all(written.values())
