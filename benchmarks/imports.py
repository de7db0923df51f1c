"""How fast many objects come in, through the services and over HTTP, and in how much memory.

Part of `make bench`; alone as `python -m benchmarks.imports`.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import pydicom
from pydicom.uid import generate_uid
from rich.console import Console

from benchmarks.report import conditions, rows_table
from benchmarks.server import Server, running_server
from benchmarks.timing import Summary, elapsed_ms, single
from scarmass.main import import_paths, open_examiners, open_storage
from scarmass.phantom.demonstration import DemoStudy, write_phantom
from scarmass.phantom.stack import phantom
from scarmass.settings import SEGMENTER, Settings

STUDIES, SERIES, SLICES = 10, 10, 10
OBJECTS = STUDIES * SERIES * SLICES
GROUP = 100
"""Objects in one request of the page."""
AIM_S = round(OBJECTS / 150, 2)
SAMPLE_S = 0.05


def import_rows(folder: Path) -> Iterator[Summary]:
    """Rows of so many objects of 256 x 256 pixels, new each time; a study that comes first is not counted."""
    settings = Settings(data_dir=folder / "data", database_url=None)
    examiners = open_examiners(settings)
    with open_storage(settings) as (database, files):
        import_paths(database, files, examiners, write_objects(folder / "first", studies=1))
        paths = write_objects(folder / "services")
        with used_by(os.getpid()) as used:
            took_ms = elapsed_ms(lambda: import_paths(database, files, examiners, paths))
        yield from _rows("services", took_ms, used)
    with running_server(settings.data_dir, SEGMENTER) as server:
        _send(server, write_objects(folder / "first over HTTP", studies=1), GROUP)
        for label, group in (("HTTP, as the page sends them", GROUP), ("HTTP, in one request", OBJECTS)):
            paths = write_objects(folder / label)
            with used_by(server.process.pid) as used:
                took_ms = elapsed_ms(lambda paths=paths, group=group: _send(server, paths, group))
            yield from _rows(label, took_ms, used)


def write_objects(folder: Path, studies: int = STUDIES) -> list[Path]:
    """Studies of ten series of ten slices each, a patient a study; no two calls write the same."""
    written: list[Path] = []
    for number in range(studies):
        heart = phantom(number, number_of_slices=SLICES)
        patient = DemoStudy(f"Import^{number}", f"IMPORT-{number}", "19600101", "O", "20260101", heart)
        datasets = [pydicom.dcmread(path) for path in write_phantom(folder / f"{number}", patient)]
        study_uid, frame_uid = generate_uid(), generate_uid()
        for series in range(SERIES):
            series_uid = generate_uid()
            for index, dataset in enumerate(datasets):
                dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study_uid, series_uid
                dataset.FrameOfReferenceUID, dataset.SeriesNumber = frame_uid, series + 1
                dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
                dataset.SeriesDescription = f"SAX LGE {'ABCDEFGHIJ'[series]}"
                dataset.AcquisitionTime = f"10{series:02}00"
                written.append(folder / f"{number}" / f"{series}_{index}.dcm")
                dataset.save_as(written[-1])
    return written


def _send(server: Server, paths: list[Path], group: int) -> None:
    for start in range(0, len(paths), group):
        answer = server.send(paths[start : start + group])
        assert not answer["rejected"], answer["rejected"][:3]


@dataclass
class Used:
    """What a process and its children used: processor seconds, and by how many MiB their own memory grew at most."""

    cpu_s: float = 0.0
    memory_mib: float = 0.0


@contextmanager
def used_by(process_id: int) -> Iterator[Used]:
    root = psutil.Process(process_id)
    is_over, used = threading.Event(), Used()

    def now() -> tuple[float, int]:
        cpu_s, resident = 0.0, 0
        for one in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # readers come and go
                cpu_s += sum(one.cpu_times()[:4])
                memory = one.memory_info()
                resident += memory.rss - memory.shared
        return cpu_s, resident

    def sample() -> None:
        while not is_over.wait(SAMPLE_S):
            used.memory_mib = max(used.memory_mib, (now()[1] - resident_before) / 2**20)

    cpu_before, resident_before = now()
    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield used
    finally:
        is_over.set()
        thread.join()
        used.cpu_s = now()[0] - cpu_before


def _rows(label: str, took_ms: float, used: Used) -> list[Summary]:
    seconds = took_ms / 1000
    return [
        single(f"Import of {OBJECTS} objects, {label}", seconds, "s", aim=AIM_S),
        single("... a second", OBJECTS / seconds, "objects/s"),
        single("... processor time for each", used.cpu_s / OBJECTS * 1000, "ms"),
        single("... growth of memory", used.memory_mib, "MiB"),
    ]


if __name__ == "__main__":
    console = Console()
    console.print(conditions(datetime.now().astimezone()).sentence())
    with tempfile.TemporaryDirectory(prefix="scarmass-imports-") as scratch:
        console.print(rows_table("Import", list(import_rows(Path(scratch)))))
