"""What studies, readings and edits cost a server in processor time and in the database: `python -m benchmarks.costs`.

docs/deployment/sizing.md adds these up.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from sqlalchemy import text

from benchmarks.report import conditions, rows_table
from benchmarks.server import Server, prepare_storage, running_server
from benchmarks.subjects import NUMBER_OF_SLICES, Subject, scarred_phantom, subjects
from benchmarks.timing import Summary, single
from benchmarks.traffic import PreparedStack
from scarmass.main import open_storage
from scarmass.settings import SEGMENTER, Settings
from scarmass.storage.database import Database

console = Console()


@dataclass(frozen=True)
class Spent:
    """What a server and its database have spent so far. processor_s: of all their processes that live."""

    processor_s: float
    database_processor_s: float
    database_bytes: int


class Meter:
    """database: of the server, whose data folder this is."""

    def __init__(self, server: Server, database: Database, data_dir: Path) -> None:
        self._server = psutil.Process(server.process.pid)
        postmaster = (data_dir / "postgres" / "postmaster.pid").read_text().split()[0]
        self._postgres = psutil.Process(int(postmaster))
        self._database = database

    def spent(self) -> Spent:
        # A backend of PostgreSQL that ended is counted with its parent's children.
        return Spent(_processor_s(self._server), _processor_s(self._postgres), _bytes(self._database))

    def each(self, work: Callable[[], object], times: int) -> Spent:
        """What one of so many cost."""
        before = self.spent()
        for _ in range(times):
            work()
        after = self.spent()
        return Spent(
            (after.processor_s - before.processor_s) / times,
            (after.database_processor_s - before.database_processor_s) / times,
            (after.database_bytes - before.database_bytes) // times,
        )


def cost_rows(server: Server, meter: Meter, patients: Iterator[Subject], studies: int, edits: int) -> Iterator[Summary]:
    """Rows of a study of NUMBER_OF_SLICES classic objects, of its reading, of an edit and of what is only looked at."""
    sent: list[tuple[Subject, str]] = []

    def upload() -> None:
        subject = next(patients)
        sent.append((subject, server.upload(subject)))

    stacks: list[PreparedStack] = []
    yield from _rows(f"Study of {NUMBER_OF_SLICES} objects, taken in", meter.each(upload, studies))
    opened = iter(sent)
    prepare = meter.each(lambda: stacks.append(PreparedStack(server, *next(opened))), studies)
    yield from _rows(f"Reading of {NUMBER_OF_SLICES} slices, prepared", prepare)
    yield from _rows("Click in a reading", meter.each(stacks[-1].edit_ms, edits))
    worklist = meter.each(lambda: server.http.get("/api/v1/studies?limit=100").raise_for_status(), 20)
    yield from _rows(f"Worklist of {studies + 1} studies", worklist)


def _rows(label: str, each: Spent) -> list[Summary]:
    return [
        single(f"{label}: server", 1000 * each.processor_s, "ms of a core"),
        single("... PostgreSQL", 1000 * each.database_processor_s, "ms of a core"),
        single("... database", each.database_bytes / 1024, "KiB"),
    ]


def _processor_s(process: psutil.Process) -> float:
    return sum(
        times.user + times.system + times.children_user + times.children_system
        for times in (one.cpu_times() for one in [process, *process.children(recursive=True)])
    )


def _bytes(database: Database) -> int:
    """Of all tables with their indices, without what PostgreSQL keeps of changes (WAL)."""
    query = """
        select sum(pg_total_relation_size(oid)) from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace
    """
    with database.transaction() as session:
        return int(session.scalar(text(query)) or 0)


@contextmanager
def measured_server(folder: Path) -> Iterator[tuple[Server, Meter, Iterator[Subject]]]:
    patients = subjects(scarred_phantom(), folder / "dicom")
    data_dir = folder / "data"
    prepare_storage(data_dir, next(patients))
    with (
        running_server(data_dir, SEGMENTER) as server,
        open_storage(Settings(data_dir=data_dir, database_url=None)) as (database, _),
    ):
        yield server, Meter(server, database, data_dir), patients


def main(
    studies: Annotated[int, typer.Option(min=2)] = 8,
    edits: Annotated[int, typer.Option(min=10)] = 60,
) -> None:
    console.print(conditions(datetime.now().astimezone()).sentence())
    with tempfile.TemporaryDirectory(prefix="scarmass-costs-") as folder, measured_server(Path(folder)) as measured:
        rows = list(cost_rows(*measured, studies, edits))
    console.print(rows_table("Costs", rows))


if __name__ == "__main__":
    typer.run(main)
