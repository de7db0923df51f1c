"""Many readers for hours: whether the server grows, or gets slower.

Run as `python -m benchmarks.soak --readers 20 --minutes 120`. The readers work in windows, on the same readings, whose
histories grow; after each window it is told how fast they were answered, and what the server holds.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated

import numpy as np
import psutil
import typer
from rich.console import Console

from benchmarks.readers import Kind, crowd
from benchmarks.server import Server, prepare_storage, running_server
from benchmarks.subjects import scarred_phantom, subjects

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Window:
    """at_s: its end, since the first began. p50, p95: of the click, ms. encodes: of slices of which none was kept.

    resident_mib: of the server's own process.
    """

    at_s: float
    requests: int
    failures: int
    p50: float
    p95: float
    encodes: int
    resident_mib: float
    files: int
    threads: int
    database_connections: int

    def __str__(self) -> str:
        return (
            f"{self.at_s / 60:6.1f} min  {self.requests:6d} requests  {self.failures} failed  "
            f"click p50 {self.p50:5.0f} ms  p95 {self.p95:5.0f} ms  "
            f"{self.encodes:4d} encodes  {self.resident_mib:6.0f} MiB  "
            f"{self.files} files  {self.threads} threads  {self.database_connections} database connections"
        )


def windows(server: Server, postgres: Path, readers: int, minutes: float, window_s: int) -> Iterator[Window]:
    process = psutil.Process(server.process.pid)
    started, encodes = monotonic(), server.encodes()
    while monotonic() - started < 60 * minutes:
        kinds = crowd(str(server.http.base_url), readers, window_s)
        before, encodes = encodes, server.encodes()
        yield _seen(process, monotonic() - started, kinds, encodes - before, _connections(postgres))


def _connections(postgres: Path) -> int:
    """Of clients: PostgreSQL has a process for each."""
    postmaster = psutil.Process(int((postgres / "postmaster.pid").read_text().split()[0]))
    return sum("[local]" in " ".join(child.cmdline()) for child in postmaster.children())


def _seen(process: psutil.Process, at_s: float, kinds: list[Kind], encodes: int, database_connections: int) -> Window:
    click = next(kind for kind in kinds if kind.name == "edit: prompt")
    return Window(
        at_s=at_s,
        requests=sum(kind.requests for kind in kinds),
        failures=sum(kind.failures for kind in kinds),
        p50=click.median,
        p95=click.p95,
        encodes=encodes,
        resident_mib=process.memory_info().rss / 2**20,
        files=process.num_fds(),
        threads=process.num_threads(),
        database_connections=database_connections,
    )


def slope_per_hour(told: list[Window]) -> float:
    """By least squares over all windows but the first, in which caches fill, MiB."""
    hours = [window.at_s / 3600 for window in told[1:]]
    return float(np.polyfit(hours, [window.resident_mib for window in told[1:]], 1)[0])


def main(
    readers: Annotated[int, typer.Option(min=1)] = 20,
    minutes: Annotated[float, typer.Option(min=1)] = 120,
    window_s: Annotated[int, typer.Option(min=10)] = 120,
    segmenter: str = "scarmass-litemedsam",
) -> None:
    """Let readers work, each on a prepared reading of a patient of its own, and tell each window as it ends."""
    with tempfile.TemporaryDirectory(prefix="scarmass-soak-") as folder:
        patients = subjects(scarred_phantom(), Path(folder) / "dicom")
        data_dir = Path(folder) / "data"
        prepare_storage(data_dir, next(patients))
        with running_server(data_dir, segmenter) as server:
            for _ in range(readers):
                server.wait_until_ready(server.open_reading(server.upload(next(patients))))
            told: list[Window] = []
            for window in windows(server, data_dir / "postgres", readers, minutes, window_s):
                console.print(str(window))
                told.append(window)
    if len(told) > 2:
        console.print(f"Memory grows by {slope_per_hour(told):.1f} MiB an hour after the first window.")


if __name__ == "__main__":
    typer.run(main)
