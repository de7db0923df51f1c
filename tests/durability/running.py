"""Servers in processes of their own, to be killed, and what is asked of them."""

import faulthandler
import multiprocessing
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from scarmass.garbage import collected_between_instructions
from tests.durability.server import serve
from tests.waiting import wait_until

# Each server is a fresh process, forked from one that has imported everything: a start costs as little as it can.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["__main__", "tests.durability.server", "tests.durability.deleting"])

START_S = 60


@contextmanager
def server(
    folder: Path, deadly_slice: str | None = None, serve: Callable[[Path, int, str | None], None] = serve
) -> Iterator[tuple[BaseProcess, httpx.Client]]:
    """A server of its own that answers, killed at the end whether or not it was before.

    Each has a port of its own: between two of them, somebody else may take a port that was free.
    """
    port = free_port()
    process = PROCESSES.Process(target=_served, args=(serve, folder, port, deadly_slice))
    process.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as api:
            wait_until_it_answers(process, api)
            yield process, api
    finally:
        process.kill()
        process.join()


def _served(serve: Callable[[Path, int, str | None], None], *args: Any) -> None:
    faulthandler.enable()  # a server that crashes says where
    faulthandler.register(signal.SIGUSR1)  # and one that is asked, what its threads do
    with collected_between_instructions():
        serve(*args)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_it_answers(process: BaseProcess, api: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.is_alive(), f"the server ended by itself: {process.exitcode}"
        try:
            api.get("/studies")
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"no answer in {START_S} s")


def wait_for(process: BaseProcess, is_so: Callable[[], object], seconds: float = 2 * START_S) -> None:
    """Wait for what a server does; one that does not says what its threads are at."""
    try:
        wait_until(is_so, seconds)
    except TimeoutError:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGUSR1)
            time.sleep(1)
        raise


def kill_postgres(folder: Path) -> None:
    """SIGKILL to the postmaster, whose children then end by themselves."""
    pid = folder / "postgres" / "postmaster.pid"
    if pid.is_file():
        with suppress(ProcessLookupError):
            os.kill(int(pid.read_text().split()[0]), signal.SIGKILL)


def opened(api: httpx.Client, paths: list[Path]) -> str:
    """The id of a new reading of these files."""
    files = [("files", (path.name, path.read_bytes())) for path in paths]
    stack_id = api.post("/studies", files=files).json()["studies"][0]["stacks"][0]["stack_id"]
    return api.post(f"/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())}).json()["id"]


def prepared(api: httpx.Client, reading_id: str) -> dict:
    """The reading once it is not prepared any more."""
    deadline = time.monotonic() + START_S
    while (reading := api.get(f"/readings/{reading_id}").json())["state"] == "preparing":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return reading
