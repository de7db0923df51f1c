"""What an edit of a reading costs beside its models: `python -m benchmarks.edits`.

Statements that it asks the database, and processor time of its thread, by somebody who sees every study and by somebody
who sees one study group alone. The models answer at once; without HTTP.
"""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import thread_time
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import event

from benchmarks.report import conditions, rows_table
from benchmarks.sleeping import SleepingDetector, SleepingSegmenter
from benchmarks.subjects import Subject, scarred_phantom, subjects
from benchmarks.timing import Summary, single, summary
from scarmass.domain.access import Person
from scarmass.domain.edits import EditRequest, PromptEdit
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import Model
from scarmass.imaging.examiner import EXAMINERS
from scarmass.main import import_paths, open_storage
from scarmass.services.context import Context
from scarmass.services.readings.edit import apply_edit
from scarmass.services.readings.load import load_reading
from scarmass.services.readings.open import open_reading
from scarmass.services.readings.prepare import prepare_next_slice
from scarmass.settings import Settings
from scarmass.storage.database import Database

console = Console()

GROUP = "cardiology"
WHO = {
    "sees every study": Person(uuid.UUID(int=1), "Everybody"),
    "sees one study group": Person(uuid.UUID(int=2), "Somebody", study_groups=frozenset({GROUP})),
}


def edit_rows(context: Context, subject: Subject, edits: int) -> Iterator[Summary]:
    reading_id = prepared_reading(context, subject)
    clicker = Clicker(context, reading_id, subject)
    spent_ms: dict[str, list[float]] = {who: [] for who in WHO}
    for _ in range(edits):  # in turn, so that slow phases of the machine are everybody's
        for who, person in WHO.items():
            spent_ms[who].append(clicker.click(person))
    for who, person in WHO.items():
        yield summary(f"Edit by who {who}", spent_ms[who][1:], "ms of a core")
        with statements(context.database) as counted:
            clicker.click(person)
        yield single("... statements", len(counted), "")


class Clicker:
    """Draws a box that lies a little further each time."""

    def __init__(self, context: Context, reading_id: uuid.UUID, subject: Subject) -> None:
        self._context, self._reading_id = context, reading_id
        slices = load_reading(context, reading_id).reading.slices
        self._key = next(one.key for one in slices if one.key[0] == subject.middle_prompt[0])
        self._revision = 0

    def click(self, person: Person) -> float:
        """Processor time of this thread, in ms."""
        x = 60 + 0.618 * self._revision % 30
        edit = PromptEdit(self._key, boxes=(Box(x, 60, x + 40, 100),))
        request = EditRequest(uuid.uuid4(), self._revision, uuid.uuid4().hex, edit)
        before = thread_time()
        apply_edit(self._context.seen_by(person), self._reading_id, request, person.name)
        self._revision += 1
        return 1000 * (thread_time() - before)


def prepared_reading(context: Context, subject: Subject) -> uuid.UUID:
    taken_in = import_paths(context.database, context.files, EXAMINERS, subject.files, GROUP)
    reading_id, _ = open_reading(context, taken_in.studies[0].stacks[0].stack_id, uuid.uuid4(), "Everybody")
    while load_reading(context, reading_id).reading.unproposed:
        prepare_next_slice(context, reading_id)
    return reading_id


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Those that are executed in the block."""
    found: list[str] = []

    def note(*executed: object) -> None:
        found.append(str(executed[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def main(edits: Annotated[int, typer.Option(min=10)] = 100) -> None:
    console.print(conditions(datetime.now().astimezone()).sentence())
    models = SleepingDetector(Model("none", "0" * 64)), SleepingSegmenter(Model("none", "0" * 64), 0)
    with tempfile.TemporaryDirectory(prefix="scarmass-edits-") as folder:
        settings = Settings(data_dir=Path(folder) / "data", database_url=None)
        with open_storage(settings) as (database, files):
            context = Context(database, files, *models)
            patient = next(subjects(scarred_phantom(), Path(folder) / "dicom"))
            console.print(rows_table("Edits", list(edit_rows(context, patient, edits))))


if __name__ == "__main__":
    typer.run(main)
