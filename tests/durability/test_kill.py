"""An acknowledged edit survives a server, and a PostgreSQL, that are killed at any moment.

SCARMASS_KILLS sets how often the server is killed (30 by default).
"""

import multiprocessing
import os
import random
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import pytest

from tests.durability.editing import Editor
from tests.durability.server import serve

pytestmark = pytest.mark.slow

# Each server is a fresh process, forked from one that has imported everything: a start costs as little as it can.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["__main__", "tests.durability.server"])

KILLS = int(os.environ.get("SCARMASS_KILLS", "30"))
START_S = 60


@contextmanager
def server(folder: Path) -> Iterator[tuple[BaseProcess, httpx.Client]]:
    """A server of its own that answers, killed at the end whether or not it was before.

    Each has a port of its own: between two of them, somebody else may take a port that was free.
    """
    port = free_port()
    process = PROCESSES.Process(target=serve, args=(folder, port))
    process.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as api:
            wait_until_it_answers(process, api)
            yield process, api
    finally:
        process.kill()
        process.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_answers(process: BaseProcess, api: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.is_alive(), "the server ended by itself"
        try:
            api.get("/studies")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"no answer in {START_S} s")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own temporary folder, which is closed to the user that PostgreSQL runs as under root."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
        kill_postgres(Path(name))


@pytest.fixture
def reading_id(folder: Path, phantom_files: list[Path]) -> str:
    """A reading that is prepared."""
    with server(folder) as (_, api):
        files = [("files", (path.name, path.read_bytes())) for path in phantom_files]
        stack_id = api.post("/studies", files=files).json()["studies"][0]["stacks"][0]["stack_id"]
        reading_id = api.post(f"/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()["id"]
        while api.get(f"/readings/{reading_id}").json()["state"] == "preparing":
            time.sleep(0.02)
    return reading_id


def kill_server(process: BaseProcess, folder: Path) -> None:
    process.kill()


def kill_postgres(folder: Path) -> None:
    """SIGKILL to the postmaster, whose children then end by themselves."""
    pid = folder / "postgres" / "postmaster.pid"
    if pid.is_file():
        with suppress(ProcessLookupError):
            os.kill(int(pid.read_text().split()[0]), signal.SIGKILL)


def test_preparing_that_was_killed_goes_on(folder: Path, phantom_files: list[Path]) -> None:
    files = [("files", (path.name, path.read_bytes())) for path in phantom_files]
    with server(folder) as (process, api):
        stack_id = api.post("/studies", files=files).json()["studies"][0]["stacks"][0]["stack_id"]
        reading_id = api.post(f"/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()["id"]
        process.kill()
    with server(folder) as (_, api):
        deadline = time.monotonic() + START_S
        while (reading := api.get(f"/readings/{reading_id}").json())["state"] == "preparing":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert reading["prepared"] == len(phantom_files)
        assert {each["state"] for each in reading["slices"]} == {"proposed"}


@pytest.mark.parametrize(
    ("kill", "times"),
    [(kill_server, KILLS), (lambda process, folder: kill_postgres(folder), max(1, KILLS // 5))],
    ids=["the server", "PostgreSQL"],
)
def test_killed_at_any_moment_nothing_is_lost_that_was_acknowledged(
    folder: Path, reading_id: str, kill: Callable[[BaseProcess, Path], None], times: int
) -> None:
    editor = Editor(reading_id, random.Random(4))
    for _ in range(times):
        with ThreadPoolExecutor(1) as thread, server(folder) as (process, api):
            editor.check(api)
            editing = thread.submit(editor.edit_until_the_server_is_gone, api)
            time.sleep(editor.chance.uniform(0.02, 0.4))
            kill(process, folder)
            editing.result()
    with server(folder) as (_, api):
        editor.check(api)
    assert editor.acknowledged
