"""The embedded PostgreSQL starts and stops whatever was killed before, and starts again where it was killed."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import psycopg
import pytest

from scarmass.storage.embedded_postgres import embedded_postgres
from tests.processes import has_ended

pytestmark = pytest.mark.slow

PR_SET_CHILD_SUBREAPER = 36
"""Of Linux' prctl."""

USE_IT = """
import signal, sys, time
from pathlib import Path
from scarmass.storage.embedded_postgres import embedded_postgres
signal.signal(signal.SIGTERM, signal.default_int_handler)
with embedded_postgres(Path(sys.argv[1])):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own temporary folder, which is closed to the user that PostgreSQL runs as under root."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "postgres"


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def user(folder: Path) -> Iterator[subprocess.Popen]:
    """A process that uses it."""
    with subprocess.Popen([sys.executable, "-c", USE_IT, str(folder)], stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process
        process.kill()


@pytest.fixture
def adopts_orphans() -> Iterator[None]:
    """Processes whose parents end are this one's, in place of init's, which would collect them at once."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    assert libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


def test_a_user_that_was_killed_does_not_keep_it_running(folder: Path, user: subprocess.Popen) -> None:
    user.kill()
    user.wait()
    with embedded_postgres(folder):
        running = postmaster(folder)
        assert not has_ended(running)
    assert has_ended(running)


def test_it_stays_while_another_one_uses_it(folder: Path, user: subprocess.Popen) -> None:
    with embedded_postgres(folder):
        running = postmaster(folder)
    assert not has_ended(running)
    user.kill()
    os.kill(running, signal.SIGINT)


def test_it_starts_right_after_it_was_killed(folder: Path, user: subprocess.Popen) -> None:
    os.kill(postmaster(folder), signal.SIGKILL)
    user.kill()
    with embedded_postgres(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_one_that_was_killed_and_that_the_system_is_slow_to_collect_is_waited_for(
    folder: Path, adopts_orphans: None, user: subprocess.Popen
) -> None:
    killed = postmaster(folder)
    user.kill()
    user.wait()
    os.kill(killed, signal.SIGKILL)
    collecting = threading.Timer(8, os.waitpid, (killed, 0))
    collecting.start()
    with embedded_postgres(folder) as url:
        assert answers(url)
        assert not collecting.is_alive()


def test_whoever_leaves_while_it_is_waited_for_does_not_wait(
    folder: Path, adopts_orphans: None, user: subprocess.Popen
) -> None:
    killed = postmaster(folder)
    os.kill(killed, signal.SIGKILL)
    assert user.stderr is not None
    assert "started again" in user.stderr.readline()
    user.terminate()
    user.communicate(timeout=10)
    os.waitpid(killed, 0)


def test_it_starts_again_when_it_is_killed_while_it_is_used(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        killed = postmaster(folder)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while not answers(url) or postmaster(folder) == killed:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        again = postmaster(folder)
    assert has_ended(again)


def test_where_it_cannot_start_again_its_user_is_told_and_ends(folder: Path, user: subprocess.Popen) -> None:
    (folder / "global" / "pg_control").unlink()
    os.kill(postmaster(folder), signal.SIGKILL)
    _, said = user.communicate(timeout=60)
    assert user.returncode == 1
    assert "PostgreSQL ended and does not start again" in said.splitlines()[-1]


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False
