"""Many readers at once on one server: latency by kind of request, and errors. Locust, in a process of its own."""

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

READERS = 20
DURATION_S = 40


@dataclass(frozen=True)
class Kind:
    """What was measured of one kind of request, ms."""

    name: str
    requests: int
    failures: int
    median: float
    p95: float


def crowd(address: str, readers: int = READERS, duration_s: int = DURATION_S) -> list[Kind]:
    """So many readers for so long on a server with at least as many LGE stacks that have a reading."""
    with TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(Path(__file__).with_name("locustfile.py")),
            "--headless",
            "--host",
            address,
        ]
        command += ["-u", str(readers), "-r", str(readers), "-t", f"{duration_s}s", "--only-summary"]
        command += ["--csv", f"{folder}/crowd", "--exit-code-on-error", "0"]
        subprocess.run(command, check=True, capture_output=True)
        with (Path(folder) / "crowd_stats.csv").open() as file:
            rows = list(csv.DictReader(file))
    return [
        Kind(row["Name"], int(row["Request Count"]), int(row["Failure Count"]), float(row["50%"]), float(row["95%"]))
        for row in rows
        if row["Name"] != "Aggregated" and int(row["Request Count"])
    ]
