"""Two servers and one or two replicas of a model that sleeps as a GPU would. `python -m benchmarks.replicas`

Throughput where readers never pause; clicks of many readers who do; and what they see of a replica that is killed.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from secrets import token_hex
from threading import Timer
from time import time
from typing import Annotated

import numpy as np
import psutil
import typer
from rich.console import Console

from benchmarks.click_log import LOG, PAUSE_S, READINGS, SERVERS, Click, ClicksFailed, read_clicks
from benchmarks.report import conditions, rows_table
from benchmarks.server import HOST, Server, free_port, prepare_storage, running_server
from benchmarks.subjects import Subject, subjects
from benchmarks.timing import Summary, single, summary
from scarmass.phantom.stack import phantom
from scarmass.settings import SEGMENTER

console = Console()

NEVER_PAUSING = 32
SLOW_RUN_MS, QUICK_RUN_MS = 400, 20
CLICK_AIM_MS = 150.0
BACK_AIM_S = 10.0
WINDOW_S = 2.0
PORTS_OF_RAY = count(23000, 300)
"""A cluster's own, as the one before it may still be ending."""


@contextmanager
def sleeping_replicas(port: int, folder: Path, replicas: int, run_ms: float) -> Iterator[subprocess.Popen[str]]:
    arguments = [str(port), str(next(PORTS_OF_RAY)), str(folder), str(replicas), str(run_ms)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sleeping", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if not any(line.strip() == "started" for line in process.stdout):
            raise ClicksFailed("the replicas did not start")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def kill_a_replica(of: subprocess.Popen[str]) -> None:
    """SIGKILL."""
    processes = psutil.Process(of.pid).children(recursive=True)
    next(one for one in processes if "ServeReplica" in " ".join(one.cmdline())).kill()


def clicks(servers: Sequence[Server], readings: Sequence[str], folder: Path, pause_s: float, for_s: int) -> list[Click]:
    """What readers, one for each reading, saw. Raises ClicksFailed."""
    log, list_of_readings = folder / f"clicks-{token_hex(4)}", folder / "readings"
    list_of_readings.write_text("\n".join(readings))
    environment = {
        **os.environ,
        LOG: str(log),
        PAUSE_S: str(pause_s),
        READINGS: str(list_of_readings),
        SERVERS: " ".join(str(server.http.base_url) for server in servers),
    }
    locustfile = str(Path(__file__).with_name("clicking.py"))
    command = [sys.executable, "-m", "locust", "-f", locustfile, "--headless", "--only-summary"]
    command += ["-u", str(len(readings)), "-r", str(len(readings)), "-t", f"{for_s}s", "--stop-timeout", "60"]
    subprocess.run(command, env=environment, capture_output=True, check=False)
    return read_clicks(log)


def back_after_s(seen: Sequence[Click], killed_at_s: float) -> float:
    """From the kill until the end of the last window in which the clicks' 95th percentile was above the aim, or, where
    that was not met before, above what it was before."""
    ends = np.array([click.at_s for click in seen])
    took = np.array([click.took_ms for click in seen])
    limit_ms = max(CLICK_AIM_MS, float(np.percentile(took[ends < killed_at_s], 95)))
    back = 0.0
    for start_s in np.arange(killed_at_s, ends.max() - WINDOW_S, WINDOW_S):
        within = took[(ends >= start_s) & (ends < start_s + WINDOW_S)]
        if not len(within) or np.percentile(within, 95) > limit_ms:
            back = start_s + WINDOW_S - killed_at_s
    return back


def throughput_per_s(seen: Sequence[Click]) -> float:
    """Without the first and last fifth, in which not everybody is there."""
    ends = np.array([click.at_s for click in seen])
    first, last = ends.min() + (ends.max() - ends.min()) * np.array([0.2, 0.8])
    return float(((ends >= first) & (ends < last)).sum() / (last - first))


def replica_rows(folder: Path, readers: int, pause_s: float, for_s: int) -> Iterator[Summary]:
    port, patients = free_port(), small_subjects(folder / "dicom")
    prepare_storage(folder / "data", next(patients))
    settings = {"SCARMASS_MODELS": f"ray://{HOST}:{port}", "SCARMASS_MODELS_TOKEN": token_hex(32)}
    os.environ |= settings
    with ExitStack() as stack:
        with sleeping_replicas(port, folder / "weights", 1, QUICK_RUN_MS):
            servers = [stack.enter_context(running_server(folder / "data", SEGMENTER)) for _ in range(2)]
            console.print(f"preparing readings for {readers} readers")
            readings = [servers[0].open_reading(servers[0].upload(next(patients))) for _ in range(readers)]
            for reading_id in readings:
                servers[0].wait_until_ready(reading_id)
        per_s = []
        for replicas in (1, 2):
            with sleeping_replicas(port, folder / "weights", replicas, SLOW_RUN_MS):
                console.print(f"{NEVER_PAUSING} readers who never pause, {replicas} replicas")
                clicks(servers, readings[:NEVER_PAUSING], folder, 0, for_s // 2)  # every slice is encoded once
                seen = clicks(servers, readings[:NEVER_PAUSING], folder, 0, for_s)
                per_s.append(throughput_per_s(seen))
                yield single(
                    f"Clicks of {NEVER_PAUSING} readers who never pause, {replicas} replicas", per_s[-1], "1/s"
                )
        yield single("... of two over one, 1.9 aimed at", per_s[1] / per_s[0], "times")
        with sleeping_replicas(port, folder / "weights", 2, QUICK_RUN_MS) as running:
            console.print(f"{readers} readers who pause for {pause_s:g} s")
            clicks(servers, readings, folder, pause_s, for_s // 2)  # every slice is encoded once
            seen = clicks(servers, readings, folder, pause_s, for_s)
            took = summary(f"Click of {readers} readers who pause for {pause_s:g} s", [one.took_ms for one in seen])
            yield took
            yield single("... 95th percentile", took.p95 or 0, "ms", len(seen), CLICK_AIM_MS)
            console.print("a replica is killed")
            killed_at_s = time() + for_s / 3
            Timer(for_s / 3, kill_a_replica, [running]).start()
            seen = clicks(servers, readings, folder, pause_s, for_s)
            yield single(
                "Clicks sent again after a replica was killed", sum(one.sent > 1 for one in seen), "", len(seen)
            )
            back_s = back_after_s(seen, killed_at_s)
            label = f"... 95th percentile of {WINDOW_S:g} s as before, or below {CLICK_AIM_MS:g} ms, after"
            yield single(label, back_s, "s", len(seen), BACK_AIM_S)


def small_subjects(folder: Path) -> Iterator[Subject]:
    """Of four slices of 96 x 96 pixels."""
    return subjects(phantom(7, rows=96, columns=96, pixel_spacing_mm=(2.0, 2.0), number_of_slices=4), folder)


def main(
    readers: Annotated[int, typer.Option(min=NEVER_PAUSING)] = 200,
    pause_s: Annotated[float, typer.Option(min=0)] = 25,
    for_s: Annotated[int, typer.Option(min=15)] = 60,
) -> None:
    console.print(conditions(datetime.now().astimezone()).sentence())
    with tempfile.TemporaryDirectory(prefix="scarmass-replicas-") as folder:
        rows = list(replica_rows(Path(folder), readers, pause_s, for_s))
    console.print(rows_table("Replicas", rows))


if __name__ == "__main__":
    typer.run(main)
