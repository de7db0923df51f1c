"""What was acknowledged survives a server, its examiners and its PostgreSQL, which are killed at any moment.

SCARMASS_KILL_ROUNDS sets how often one of them is killed (20 by default); another number draws other moments.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import psutil
import pytest

from scarmass.domain.audit import Head
from scarmass.services.audit import verify
from scarmass.storage.database import Database
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.local_store import LocalStore
from scarmass.storage.orphans import known, sweep
from tests.durability import pacs
from tests.durability.editing import Editor
from tests.durability.running import START_S, kill_postgres, opened, prepared, server, wait_for
from tests.durability.work import Secretary, files_of

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("SCARMASS_KILL_ROUNDS", "20"))
EDITORS = 3


def serve_beside_quick_pacs(folder: Path, port: int, _: str | None = None) -> None:
    pacs.OBJECT_S = 0.02
    pacs.serve_beside_pacs(folder, port)


def kill_server(process: BaseProcess, folder: Path) -> None:
    process.kill()


def kill_database(process: BaseProcess, folder: Path) -> None:
    kill_postgres(folder)


def kill_examiners(process: BaseProcess, folder: Path) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "scarmass.imaging.examiner_process" in child.cmdline():
                child.send_signal(signal.SIGKILL)


KILLS: list[Callable[[BaseProcess, Path], None]] = [kill_server, kill_server, kill_database, kill_examiners]
"""The server dies in half of the rounds; where something else did, it dies a moment later."""
LATE = 0.5
"""So many rounds kill only after an upload or a signature was acknowledged, which takes a new server over a second."""


def test_whatever_is_killed_at_any_moment_nothing_is_lost_or_doubled_that_was_acknowledged(
    folder: Path, tmp_path: Path
) -> None:
    chance = random.Random(ROUNDS)
    secretary = Secretary(tmp_path)
    with server(folder, serve=serve_beside_quick_pacs) as (_, api):
        ids = [opened(api, files_of(tmp_path, number)) for number in range(EDITORS)]
        editors = [Editor(prepared(api, one)["id"], random.Random(number)) for number, one in enumerate(ids)]
    for _ in range(ROUNDS):
        with (
            ThreadPoolExecutor(EDITORS + 1) as threads,
            server(folder, serve=serve_beside_quick_pacs) as (process, api),
        ):
            list(threads.map(lambda editor, api=api: editor.check(api), editors))
            working = [threads.submit(editor.edit_until_the_server_is_gone, api) for editor in editors]
            at_work = threads.submit(secretary.work_until_the_server_is_gone, api)
            working.append(at_work)
            if chance.random() < LATE:
                before = secretary.acknowledged
                wait_for(
                    process,
                    lambda before=before, at_work=at_work: secretary.acknowledged > before or at_work.done(),
                )
            for kill in dict.fromkeys((chance.choice(KILLS), kill_server)):
                time.sleep(chance.uniform(0.02, 0.4))
                kill(process, folder)
            for work in working:
                work.result()
    with server(folder, serve=serve_beside_quick_pacs) as (_, api):
        for editor in editors:
            editor.check(api)
        assert all(editor.acknowledged for editor in editors)
        assert len(secretary.signed) > ROUNDS // 10
        secretary.finish(api)
        check_stacks(api, secretary)
        check_sent(api, secretary, folder)
    check_stored(folder)


def check_stacks(api: httpx.Client, secretary: Secretary) -> None:
    """Every study is there once and whole, and no other one is."""
    told: list[tuple[str, int]] = []
    for study in pages(api, "studies"):
        told += [(stack["stack_id"], stack["number_of_slices"]) for stack in study["stacks"]]
    assert len(told) == len(set(told)) == EDITORS + len(secretary.loaded)
    assert set(secretary.loaded) <= set(told)


def check_sent(api: httpx.Client, secretary: Secretary, folder: Path) -> None:
    """What was signed is sent once: a transfer that every kill has broken off is sent when somebody asks for it."""
    deadline = time.monotonic() + START_S
    while open_ := [one for one in pages(api, "pacs/transfers") if one["state"] != "done"]:
        assert time.monotonic() < deadline, open_[0]
        for one in open_:
            if one["state"] == "failed":
                api.post(f"/pacs/transfers/{one['id']}/retry").raise_for_status()
        time.sleep(0.1)
    assert Counter(one["reading_id"] for one in pages(api, "pacs/transfers")) == Counter(secretary.signed)
    assert len(list((folder / "pacs" / "kept").iterdir())) == 3 * len(secretary.signed)


def pages(api: httpx.Client, path: str) -> Iterator[dict]:
    """All of a list."""
    cursor: dict = {}
    while True:
        page = api.get(f"/{path}", params=cursor).raise_for_status().json()
        yield from page[path.rpartition("/")[2]]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def check_stored(folder: Path) -> None:
    """No file without a row, no row without a file, and a trail of records that nobody has broken."""
    with embedded_postgres(folder / "postgres") as url:
        database, files = Database(url), LocalStore(folder / "objects")
        sweep(database, files)
        with database.transaction() as session:
            assert set(files.names()) == known(session)
        assert isinstance(verify(database), Head)
        database.close()


def test_edits_go_on_after_postgres_was_killed_beneath_a_running_server(
    folder: Path, phantom_files: list[Path]
) -> None:
    with server(folder) as (process, api):
        reading_id = opened(api, phantom_files)
        prepared(api, reading_id)
        editor = Editor(reading_id, random.Random(4))
        kill_postgres(folder)
        editor.edit_until_the_server_is_gone(api)
        deadline = time.monotonic() + START_S
        while api.get(f"/readings/{reading_id}").status_code == 503:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        editor.check(api)
        assert process.is_alive()
