"""What is measured of one backbone, in the order in which it is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from benchmarks.bare import BareModels, Predictor
from benchmarks.server import Server, prepare_storage, running_server
from benchmarks.subjects import NUMBER_OF_SLICES, Subject, prompted_slice, scarred_phantom, subjects
from benchmarks.timing import Summary, elapsed_ms, repeated, repeated_ms, single, summary
from scarmass.inference.catalog import Entry
from scarmass.inference.weights import load
from scarmass.main import WEIGHTS_FOLDER
from scarmass.settings import Settings

OVERHEAD_AIM_MS = 10
CLICK_AIM_MS = 150
STACK_AIM_S = 10
PAUSE_S = 0.02
"""Between the two halves of a pair, so that one process's idle threads are asleep when the other begins."""

Told = Callable[[str], None]


@dataclass(frozen=True)
class Repetitions:
    """How often each is done at most; within_s ends each of them earlier on a slow machine."""

    encodes: int = 10
    decodes: int = 40
    clicks: int = 60
    first_clicks: int = 5
    readings: int = 3
    within_s: float = 20


QUICK = Repetitions(encodes=3, decodes=10, clicks=15, first_clicks=2, readings=1)


@dataclass(frozen=True)
class BackboneResult:
    entry: Entry
    sha256: str
    device: str
    rows: list[Summary]


def measure_backbones(
    entries: list[Entry], folder: Path, repetitions: Repetitions, told: Told
) -> Iterator[BackboneResult]:
    """Measure one backbone after the other, each with a server of its own on one embedded PostgreSQL in folder."""
    new_subjects = subjects(scarred_phantom(), folder / "dicom")
    data_dir = folder / "data"
    told("preparing the database")
    prepare_storage(data_dir, next(new_subjects))
    for entry in entries:
        yield _measure(entry, data_dir, new_subjects, repetitions, lambda step, e=entry: told(f"{e.name}: {step}"))


def _measure(
    entry: Entry, data_dir: Path, new_subjects: Iterator[Subject], repetitions: Repetitions, told: Told
) -> BackboneResult:
    weights = load(entry.name, WEIGHTS_FOLDER)
    image, prompt = prompted_slice(scarred_phantom())
    told("loading its modules")
    models = BareModels(weights, Settings().device, image, prompt, data_dir / "exports")
    rows = _bare_rows(models, repetitions, told)
    told("starting the application")
    with running_server(data_dir, entry.name) as server:
        fresh = _fresh_stack_rows(server, new_subjects, repetitions, told)
        clicks = _click_rows(server, next(new_subjects), models, repetitions, told)
        peak_memory_mib = server.peak_memory_mib()
        rows += [*clicks, *fresh, single("Application start", server.start_s, "s")]
    if peak_memory_mib is not None:
        rows.append(single("Peak memory of the server process", peak_memory_mib, "MiB"))
    click_ms = clicks[0].median
    rows += _predictor_rows(Predictor(models, image, prompt, entry.input_size), click_ms, repetitions, told)
    return BackboneResult(entry, weights.sha256, str(models.device), rows)


def _bare_rows(models: BareModels, repetitions: Repetitions, told: Told) -> list[Summary]:
    def timed(label: str, work: Callable[[], object], times: int) -> Summary:
        told(label)
        return summary(label, repeated_ms(work, times, repetitions.within_s))

    rows = [timed("Bare encode, torch", models.encode_in_torch, repetitions.encodes)]
    if encode := models.encode_in_onnx_runtime:
        rows.append(timed("Bare encode, ONNX Runtime", encode, repetitions.encodes))
    rows.append(timed("Bare decode, torch", models.decode, repetitions.decodes))
    return rows


def _fresh_stack_rows(
    server: Server, new_subjects: Iterator[Subject], repetitions: Repetitions, told: Told
) -> list[Summary]:
    """Studies the server has never seen: their upload, their first click, and their reading from open to ready."""
    uploads_ms: list[float] = []
    sent_bytes = 0

    def uploaded() -> tuple[Subject, str]:
        nonlocal sent_bytes
        subject = next(new_subjects)
        started = perf_counter()
        stack_id = server.upload(subject)
        uploads_ms.append((perf_counter() - started) * 1000)
        sent_bytes += subject.bytes
        return subject, stack_id

    def first_click_ms() -> float:
        uid, prompt = uploaded()[0].middle_prompt
        return elapsed_ms(lambda: server.segment(uid, prompt))

    def ready_s() -> float:
        _, stack_id = uploaded()
        return elapsed_ms(lambda: server.wait_until_ready(server.open_reading(stack_id))) / 1000

    told("first clicks on fresh stacks")
    first_clicks = repeated(first_click_ms, repetitions.first_clicks, repetitions.within_s)
    told(f"{NUMBER_OF_SLICES}-slice stacks")
    readings = repeated(ready_s, repetitions.readings, repetitions.within_s)
    n, seconds = len(uploads_ms), median(uploads_ms) / 1000
    return [
        summary("/segment, first click on a fresh stack", first_clicks),
        summary(f"{NUMBER_OF_SLICES}-slice stack ready", readings, "s", STACK_AIM_S),
        summary(f"Upload of {NUMBER_OF_SLICES} objects", uploads_ms),
        single("Upload throughput", sent_bytes / n / 1e6 / seconds, "MB/s", n),
        single("Upload throughput", NUMBER_OF_SLICES / seconds, "objects/s", n),
    ]


def _click_rows(
    server: Server, subject: Subject, models: BareModels, repetitions: Repetitions, told: Told
) -> list[Summary]:
    """Clicks on embedded slices, each paired with a bare decode of the same kind of prompt right after it."""
    told("preparing the stack to click on")
    reading_id = server.open_reading(server.upload(subject))
    server.wait_until_ready(reading_id)
    prompts, revisions = cycle(subject.prompts.items()), count()
    inside_ms: list[float] = []

    def click_and_decode_ms() -> tuple[float, float]:
        uid, prompt = next(prompts)
        sleep(PAUSE_S)
        click_ms = elapsed_ms(lambda: inside_ms.append(server.segment(uid, prompt)["elapsed_ms"]))
        sleep(PAUSE_S)
        return click_ms, elapsed_ms(models.decode)

    def edit_ms() -> float:
        revision, (uid, prompt) = next(revisions), next(prompts)
        return elapsed_ms(lambda: server.edit(reading_id, revision, uid, prompt))

    told("later clicks")
    models.decode()
    pairs = repeated(click_and_decode_ms, repetitions.clicks, repetitions.within_s)
    told("clicks in a reading")
    edits = repeated(edit_ms, repetitions.clicks, repetitions.within_s)
    return [
        summary("/segment, later click", [click for click, _ in pairs], aim=CLICK_AIM_MS),
        summary("... of it inside the route", inside_ms),
        summary("... of it above the bare decode", [click - decode for click, decode in pairs], aim=OVERHEAD_AIM_MS),
        summary("Click in a reading, stored", edits, aim=CLICK_AIM_MS),
    ]


def _predictor_rows(predictor: Predictor, click_ms: float, repetitions: Repetitions, told: Told) -> list[Summary]:
    told("segment-anything's SamPredictor")
    rerun = repeated_ms(predictor.encode_and_predict, repetitions.encodes, repetitions.within_s)
    kept = repeated_ms(predictor.predict, repetitions.decodes, repetitions.within_s)
    return [
        summary("SamPredictor, re-run per prompt", rerun),
        single("... over a later click here", median(rerun) / click_ms, "times", len(rerun)),
        summary("SamPredictor, image kept", kept),
        single("... over a later click here", median(kept) / click_ms, "times", len(kept)),
    ]
