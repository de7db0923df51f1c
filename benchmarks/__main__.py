"""How fast the application answers, beside its bare models and beside segment-anything's own predictor.

Run as `make bench` or `python -m benchmarks`; docs/benchmarks.md says what is measured and how to read it.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.arrivals import arrival_rows
from benchmarks.gpu import main as measure_gpu
from benchmarks.imports import OBJECTS, import_rows
from benchmarks.measures import QUICK, BackboneResult, Repetitions, measure_backbones
from benchmarks.report import Report, absence, conditions
from benchmarks.server import ServerFailed
from benchmarks.timing import Summary
from scarmass.domain.errors import Fact
from scarmass.inference.weights.catalog import Entry, read_catalog
from scarmass.paths import WEIGHTS
from scarmass.settings import SEGMENTER

console = Console(highlight=False, soft_wrap=True)


def main(
    segmenter: Annotated[list[str] | None, typer.Option(help="in the shipped one's place; may be repeated")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few repetitions: a look, not a figure to keep")] = False,
    output: Annotated[Path, typer.Option(help="a folder named by the date is made in it")] = Path("runs/bench"),
    gpu: Annotated[
        bool, typer.Option("--gpu", help="the networks by themselves on a CUDA device, and no more")
    ] = False,
) -> None:
    """Measure the segmenter that ships, or others whose weights are here."""
    if gpu:
        measure_gpu()
        return
    started, now = monotonic(), datetime.now().astimezone()
    here, absent = chosen_entries(segmenter or [SEGMENTER])
    for entry in absent:
        console.print(absence(entry), style="dim")
    if not here:
        raise typer.Exit(1)
    repetitions = QUICK if quick else Repetitions()
    where = conditions(now)
    if where.is_busy:
        console.print(f"This machine is busy (load {where.load:.2f}): expect slower figures.", style="yellow")
    results: list[BackboneResult] = []
    imports: list[Summary] = []
    try:
        with tempfile.TemporaryDirectory(prefix="scarmass-bench-") as folder, console.status("Measuring") as status:
            status.update(f"Measuring the import of {OBJECTS} objects")
            imports = list(import_rows(Path(folder) / "imports"))
            status.update(f"Measuring the arrival of {OBJECTS} objects")
            imports += arrival_rows(Path(folder) / "arrivals")
            measured = measure_backbones(
                here, Path(folder), repetitions, lambda step: status.update(f"Measuring {step}")
            )
            for result in measured:
                results.append(result)
    finally:
        # What was measured before an interruption is kept.
        if results or imports:
            report = Report(where, repetitions, results, absent, imports)
            report.show(console)
            for path in report.write(output / now.strftime("%Y-%m-%d_%H%M")):
                console.print(f"written to {path}")
            console.print(f"{(monotonic() - started) / 60:.1f} minutes in all")


def chosen_entries(names: list[str]) -> tuple[list[Entry], list[Entry]]:
    """The catalog's segmenters of these names: those with weights here, and those without."""
    segmenters = [entry for entry in read_catalog(WEIGHTS).values() if entry.kind == "segmenter"]
    if unknown := set(names) - {entry.name for entry in segmenters}:
        raise typer.BadParameter(f"no segmenter is called {', '.join(sorted(unknown))}")
    chosen = [entry for entry in segmenters if entry.name in names]
    here = [entry for entry in chosen if (WEIGHTS / entry.file).is_file()]
    return here, [entry for entry in chosen if entry not in here]


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    try:
        app()
    except (Fact, ServerFailed, TimeoutError) as failure:
        console.print(f"{type(failure).__name__}: {failure}", style="red", markup=False)
        raise SystemExit(1) from failure
