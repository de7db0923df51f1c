"""What is measured of one backbone, in the order in which it is shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bare import BareModels, Predictor
from benchmarks.browser import browser_rows
from benchmarks.detection import detection_rows
from benchmarks.readers import READERS, crowd
from benchmarks.server import Server, prepare_storage, running_server
from benchmarks.subjects import NUMBER_OF_SLICES, Subject, prompted_slice, scarred_phantom, subjects
from benchmarks.timing import Summary, elapsed_ms, repeated, repeated_ms, single, summary
from benchmarks.traffic import FreshStacks, PreparedStack
from scarmass.evaluation.models import load_detector
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.settings import DETECTOR, Settings

OVERHEAD_AIM_MS = 10
CLICK_AIM_MS = 150
FIRST_CLICK_AIM_MS = 300
STACK_AIM_S = 5
HEALTHZ_AIM_MS = 50
STREAMS = 200
"""Pages that follow a reading at once, each by a stream of events."""
BLOCK = 10
"""Clicks in a row, then as many bare decodes: caches are warm for both, and both meet the same machine."""

ShowStep = Callable[[str], None]


@dataclass(frozen=True)
class Repetitions:
    """How often each is done at most; within_s ends each of them earlier on a slow machine."""

    encodes: int = 10
    decodes: int = 40
    click_blocks: int = 6
    edits: int = 60
    healthz: int = 100
    crowded_clicks: int = 10
    first_clicks: int = 5
    readings: int = 3
    within_s: float = 20


QUICK = Repetitions(encodes=3, decodes=10, click_blocks=2, edits=15, crowded_clicks=3, first_clicks=2, readings=1)


@dataclass(frozen=True)
class BackboneResult:
    entry: Entry
    sha256: str
    device: str
    rows: list[Summary]


def measure_backbones(
    entries: list[Entry], folder: Path, repetitions: Repetitions, show_step: ShowStep
) -> Iterator[BackboneResult]:
    """Measure one backbone after the other, each with a server of its own on one embedded PostgreSQL in folder."""
    new_subjects = subjects(scarred_phantom(), folder / "dicom")
    data_dir = folder / "data"
    show_step("preparing the database")
    prepare_storage(data_dir, next(new_subjects))
    for entry in entries:
        yield _measure(entry, data_dir, new_subjects, repetitions, lambda step, e=entry: show_step(f"{e.name}: {step}"))


def _measure(
    entry: Entry, data_dir: Path, new_subjects: Iterator[Subject], repetitions: Repetitions, show_step: ShowStep
) -> BackboneResult:
    weights = load(entry.name, WEIGHTS)
    image, prompt = prompted_slice(scarred_phantom())
    show_step("loading its modules")
    models = BareModels(weights, Settings().device, image, prompt, data_dir / "exports")
    rows = _bare_rows(models, repetitions, show_step)
    show_step("exporting its networks")
    with running_server(data_dir, entry.name):
        pass  # what follows starts as all later ones do
    show_step("starting the application")
    with running_server(data_dir, entry.name) as server:
        stacks = FreshStacks(server, new_subjects)
        fresh = _fresh_stack_rows(stacks, repetitions, show_step)
        show_step("preparing the stack to click on")
        stack = PreparedStack(server, *stacks.uploaded())
        clicks = _click_rows(stack, stacks, models, repetitions, show_step)
        show_step("clicks beside a detection on a long stack")
        clicks += detection_rows(server, stack, data_dir.parent / "long")
        show_step("the page in a browser")
        page = browser_rows(server, stacks, repetitions.edits, repetitions.within_s)
        crowded = _crowd_rows(server, stacks, show_step)
        peak_memory_mib = server.peak_memory_mib()
        rows += [*clicks, *page, *fresh, *crowded, single("Application start", server.start_s, "s")]
    if peak_memory_mib is not None:
        rows.append(single("Peak memory of the server process", peak_memory_mib, "MiB"))
    click_ms = clicks[0].median
    predictor = Predictor(models, image, prompt, entry.input_size)
    detector = load_detector(Settings().detector or DETECTOR, WEIGHTS, Settings().device)

    def detect() -> None:
        models.in_worker(lambda: detector.detect([image]))

    rows += _predictor_rows(predictor, detect, click_ms, repetitions, show_step)
    return BackboneResult(entry, weights.sha256, str(models.device), rows)


def _bare_rows(models: BareModels, repetitions: Repetitions, show_step: ShowStep) -> list[Summary]:
    def timed(label: str, work: Callable[[], object], times: int) -> Summary:
        show_step(label)
        return summary(label, repeated_ms(work, times, repetitions.within_s))

    rows = [timed("Bare encode, torch", models.encode_in_torch, repetitions.encodes)]
    if encode := models.encode_exported:
        rows.append(timed("Bare encode, OpenVINO", encode, repetitions.encodes))
    rows.append(timed("Bare decode, torch", models.decode_in_torch, repetitions.decodes))
    if decode := models.decode_exported:
        rows.append(timed("Bare decode, OpenVINO", decode, repetitions.decodes))
    return rows


def _fresh_stack_rows(stacks: FreshStacks, repetitions: Repetitions, show_step: ShowStep) -> list[Summary]:
    show_step("first clicks on fresh stacks")
    first_clicks = repeated(stacks.first_click_ms, repetitions.first_clicks, repetitions.within_s)
    show_step("first clicks on opened studies")
    opened_clicks = repeated(stacks.opened_click_ms, repetitions.first_clicks, repetitions.within_s)
    show_step(f"{NUMBER_OF_SLICES}-slice stacks")
    readings = repeated(stacks.ready_s, repetitions.readings, repetitions.within_s)
    uploads = summary(f"Upload of {NUMBER_OF_SLICES} objects", stacks.upload_ms)
    objects_per_s = NUMBER_OF_SLICES / (uploads.median / 1000)
    return [
        summary("/segment, first click on a fresh stack", first_clicks),
        summary("First click, a second after a fresh study opened", opened_clicks, aim=FIRST_CLICK_AIM_MS),
        summary(f"{NUMBER_OF_SLICES}-slice stack ready", readings, "s", STACK_AIM_S),
        uploads,
        single("Upload throughput", objects_per_s * stacks.object_bytes / 1e6, "MB/s", uploads.n),
        single("Upload throughput", objects_per_s, "objects/s", uploads.n),
    ]


def _click_rows(
    stack: PreparedStack, stacks: FreshStacks, models: BareModels, repetitions: Repetitions, show_step: ShowStep
) -> list[Summary]:
    """Later clicks in blocks, each followed by a block of bare decodes of the same prompt, as the server does them."""
    decode = models.decode_exported or models.decode_in_torch

    def block_ms() -> tuple[list[float], list[float]]:
        return [stack.click_ms() for _ in range(BLOCK)], [elapsed_ms(decode) for _ in range(BLOCK)]

    show_step("later clicks")
    blocks = repeated(block_ms, repetitions.click_blocks, repetitions.within_s)
    click_ms = [click for clicks, _ in blocks for click in clicks]
    overhead_ms = [median(clicks) - median(decodes) for clicks, decodes in blocks]
    inside_ms = list(stack.inside_ms)
    show_step("clicks in boxes that were answered")
    corrections = repeated(stack.correction_ms, repetitions.edits, repetitions.within_s)
    show_step("clicks in a reading")
    edits = repeated(stack.edit_ms, repetitions.edits, repetitions.within_s)
    show_step(f"/healthz beside {STREAMS} pages that follow the reading")
    with stack.followed(STREAMS):
        healthz_ms = repeated(stack.healthz_ms, repetitions.healthz, repetitions.within_s)
    show_step("clicks while another stack is prepared")
    crowded = stacks.while_preparing(lambda: repeated(stack.click_ms, repetitions.crowded_clicks, repetitions.within_s))
    return [
        summary("/segment, later click", click_ms, aim=CLICK_AIM_MS),
        summary("... of it inside the route", inside_ms),
        summary("... of it above the bare decode", overhead_ms, aim=OVERHEAD_AIM_MS),
        summary("/segment, click in an answered box", corrections, aim=CLICK_AIM_MS),
        summary("Click in a reading, stored", edits, aim=CLICK_AIM_MS),
        summary("/segment while another stack is prepared", crowded),
        summary(f"/healthz, {STREAMS} pages open", healthz_ms, aim=HEALTHZ_AIM_MS),
    ]


def _crowd_rows(server: Server, stacks: FreshStacks, show_step: ShowStep) -> list[Summary]:
    """READERS at once, each on a prepared reading of a patient of its own."""
    show_step(f"preparing stacks for {READERS} readers")
    for _ in range(READERS):
        PreparedStack(server, *stacks.uploaded())
    show_step(f"{READERS} readers at once")
    kinds = crowd(str(server.http.base_url))
    failures = sum(kind.failures for kind in kinds)
    rows = [Summary(f"{READERS} readers, {kind.name}", "ms", kind.median, kind.p95, kind.requests) for kind in kinds]
    return [*rows, single(f"{READERS} readers, failed requests", failures, "", sum(kind.requests for kind in kinds))]


def _predictor_rows(
    predictor: Predictor, detect: Callable[[], None], click_ms: float, repetitions: Repetitions, show_step: ShowStep
) -> list[Summary]:
    """detect: runs the shipped detector on the predictor's slice."""

    def published() -> None:
        detect()
        predictor.encode_and_predict()

    show_step("the detector, then segment-anything's SamPredictor")
    pipeline = repeated_ms(published, repetitions.encodes, repetitions.within_s)
    show_step("segment-anything's SamPredictor")
    rerun = repeated_ms(predictor.encode_and_predict, repetitions.encodes, repetitions.within_s)
    kept = repeated_ms(predictor.predict, repetitions.decodes, repetitions.within_s)
    return [
        summary("YOLO and SamPredictor, re-run per prompt", pipeline),
        single("... over a later click here", median(pipeline) / click_ms, "times", len(pipeline)),
        summary("SamPredictor, re-run per prompt", rerun),
        single("... over a later click here", median(rerun) / click_ms, "times", len(rerun)),
        summary("SamPredictor, image kept", kept),
        single("... over a later click here", median(kept) / click_ms, "times", len(kept)),
    ]
