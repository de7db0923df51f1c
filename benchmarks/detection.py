"""How much one client's detection on a long stack delays another reader's clicks.

Part of `make bench`; alone as `python -m benchmarks.detection`. The client that detects asks over a connection of its
own, and goes before its answer is there: its work has to end then.
"""

import json
import socket
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from select import select
from time import perf_counter, sleep

import psutil

from benchmarks.server import Server, prepare_storage, running_server
from benchmarks.subjects import scarred_phantom, subjects
from benchmarks.timing import Summary, repeated, single, summary
from benchmarks.traffic import PreparedStack
from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import phantom
from scarmass.settings import SEGMENTER

SLICES = 400
CLICKS = 40
WITHIN_S = 20.0
BEGUN_AFTER_S = 2.0
IDLE_SHARE = 0.2
"""Of one core: a server that works on nothing takes less."""
IDLE_WITHIN_S = 60.0


def detection_rows(server: Server, stack: PreparedStack, folder: Path) -> Iterator[Summary]:
    """Clicks in a reading alone and beside the detection, and how long the server works on once its client has gone."""
    alone = repeated(stack.edit_ms, CLICKS, WITHIN_S)
    stack_id = server.send(_long_study(folder))["studies"][0]["stacks"][0]["stack_id"]
    with _asking_to_detect(server, stack_id) as connection:
        sleep(BEGUN_AFTER_S)
        beside = repeated(stack.edit_ms, CLICKS, WITHIN_S)
        is_detecting = not select([connection], [], [], 0)[0]
    yield summary("Click in a reading, alone", alone)
    yield summary(f"... beside a detection on {SLICES} slices", beside)
    if is_detecting:
        yield single("... until the server rests after that client has gone", _rests_after_s(server), "s")


def _long_study(folder: Path) -> list[Path]:
    shown = phantom(11, number_of_slices=SLICES, slice_thickness_mm=0.2, slice_gap_mm=0.05)
    return write_phantom(folder, DemoStudy("Bench^Long", "BENCH-LONG", "19600101", "O", "20260101", shown))


def _asking_to_detect(server: Server, stack_id: str) -> socket.socket:
    """A connection on which the detection was asked for, and nothing was read."""
    url, body = server.http.base_url, json.dumps({"stack_id": stack_id})
    connection = socket.create_connection((url.host, url.port))
    head = f"POST /api/v1/detect HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return connection


def _rests_after_s(server: Server) -> float:
    """Raises TimeoutError."""
    process, started = psutil.Process(server.process.pid), perf_counter()
    while perf_counter() - started < IDLE_WITHIN_S:
        if process.cpu_percent(0.5) / 100 < IDLE_SHARE:
            return perf_counter() - started - 0.5
    raise TimeoutError(f"the server works on {IDLE_WITHIN_S:.0f} s after its client has gone")


def rows_of_its_own(folder: Path, segmenter: str) -> list[Summary]:
    """On a server of its own."""
    warm_up, subject = islice(subjects(scarred_phantom(), folder / "dicom"), 2)
    prepare_storage(folder / "data", warm_up)
    with running_server(folder / "data", segmenter) as server:
        stack = PreparedStack(server, subject, server.upload(subject))
        return list(detection_rows(server, stack, folder / "long"))


if __name__ == "__main__":
    from datetime import datetime

    from rich.console import Console

    from benchmarks.report import conditions, rows_table

    console = Console()
    console.print(conditions(datetime.now().astimezone()).sentence())
    with tempfile.TemporaryDirectory(prefix="scarmass-detection-") as scratch:
        console.print(rows_table("Detection", rows_of_its_own(Path(scratch), SEGMENTER)))
