"""An acknowledged edit survives a server, and a PostgreSQL, that are killed at any moment.

SCARMASS_KILLS sets how often the server is killed (30 by default).
"""

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.durability.editing import Editor
from tests.durability.running import START_S, kill_postgres, opened, prepared, server

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SCARMASS_KILLS", "30"))


@pytest.fixture
def reading_id(folder: Path, phantom_files: list[Path]) -> str:
    """A reading that is prepared."""
    with server(folder) as (_, api):
        reading_id = opened(api, phantom_files)
        prepared(api, reading_id)
    return reading_id


def kill_server(process: BaseProcess, folder: Path) -> None:
    process.kill()


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


def test_edits_go_on_after_postgres_was_killed_beneath_a_running_server(folder: Path, reading_id: str) -> None:
    editor = Editor(reading_id, random.Random(4))
    with server(folder) as (process, api):
        kill_postgres(folder)
        editor.edit_until_the_server_is_gone(api)
        deadline = time.monotonic() + START_S
        while api.get(f"/readings/{reading_id}").status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        editor.check(api)
        assert process.is_alive()
