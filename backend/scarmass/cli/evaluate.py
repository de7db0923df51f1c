"""The command line of evaluation: zero-shot comparison, evaluation, its report, agreement of readings."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.data import PreparedFolder
from scarmass.cli.extras import require_extra
from scarmass.domain.mass import MassExtent
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.settings import DETECTOR, SEGMENTER


def evaluate_detector(
    dataset: PreparedFolder,
    weights: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a detector's safetensors file")],
    part: Annotated[str, typer.Option(help="validation, test, held_out or phantoms")] = "validation",
    output: Annotated[Path | None, typer.Option(help="a JSON file that the report is also written to")] = None,
    curve: Annotated[bool, typer.Option("--curve", help="what each minimum score of scar would bring")] = False,
) -> None:
    """Score a detector's boxes, with 95 % intervals over patients; choose on validation, open test once a model."""
    require_extra("training")
    from scarmass.datasets.phantoms import phantom_slices
    from scarmass.datasets.prepared import read_prepared
    from scarmass.evaluation.detection.evaluate import PHANTOM_SEEDS, report_of
    from scarmass.evaluation.detection.operating_points import curve_table, operating_points_of

    if part not in ("validation", "test", "held_out", "phantoms"):
        raise typer.BadParameter(f"{part} is not validation, test, held_out or phantoms", param_hint="--part")
    if curve and part != "validation":
        raise typer.BadParameter("a minimum score is chosen on validation alone", param_hint="--curve")
    prepared = read_prepared(dataset)
    slices = phantom_slices(PHANTOM_SEEDS) if part == "phantoms" else prepared.slices(part)
    if not slices:
        raise typer.BadParameter(f"{dataset} has no {part} slices", param_hint="--part")
    if curve:
        typer.echo(curve_table(operating_points_of(weights, slices)))
        return
    report = report_of(weights, slices, part, prepared.sha256, prepared.split.sha256)
    if output:
        output.write_text(report.json() + "\n")
    typer.echo(report.json())
    typer.echo(report.markdown())


def evaluate(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the run's folder; an interrupted run is resumed in it")],
    segmenter: Annotated[str, typer.Option(help="a name in the catalog or a file")] = SEGMENTER,
    detector: Annotated[str, typer.Option(help="a name in the catalog or a file")] = DETECTOR,
    part: Annotated[str, typer.Option(help="test, validation, train or held_out")] = "test",
    seed: Annotated[int, typer.Option(min=0, help="of the simulated reader's boxes")] = 0,
    sensitivity: Annotated[
        float, typer.Option(min=LOWEST, max=HIGHEST, help="at which outlines are drawn, or from which they follow")
    ] = 0.0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:n")] = "auto",
) -> None:
    """Measure models against the reference: automatic, drawn boxes, and boxes and clicks."""
    require_extra("training")
    from scarmass.datasets.prepared import PARTS, read_prepared
    from scarmass.evaluation.models import load_detector, load_segmenter
    from scarmass.evaluation.segmentation.evaluate import evaluate as evaluate_models
    from scarmass.evaluation.segmentation.report import summary
    from scarmass.paths import WEIGHTS

    if part not in PARTS:
        raise typer.BadParameter(f"{part} is not one of {', '.join(PARTS)}", param_hint="--part")
    prepared = read_prepared(dataset)
    if not prepared.patients(part):
        raise typer.BadParameter(f"{dataset} has no {part} patients", param_hint="--part")
    models = (
        load_detector(detector, WEIGHTS, device),
        load_segmenter(segmenter, WEIGHTS, output / "exports", device),
    )
    typer.echo(summary(evaluate_models(prepared, output, *models, part, seed, sensitivity)))


def evaluate_contours(
    dataset: PreparedFolder,
    segmenter: Annotated[str, typer.Option(help="a name in the catalog or a file")] = SEGMENTER,
    detector: Annotated[str, typer.Option(help="a name in the catalog or a file")] = DETECTOR,
    part: Annotated[str, typer.Option(help="test, validation, train or held_out")] = "test",
    patients: Annotated[str | None, typer.Option(help="of the part, with commas between; all by default")] = None,
    output: Annotated[Path | None, typer.Option(help="a CSV file with a row for each slice")] = None,
) -> None:
    """Measure the contours of left ventricle and blood pool that readings are prepared with."""
    require_extra("training")
    from scarmass.datasets.prepared import PARTS, read_prepared
    from scarmass.evaluation.contours import contour_scores, summary
    from scarmass.evaluation.models import load_detector, load_segmenter
    from scarmass.paths import WEIGHTS
    from scarmass.settings import Settings

    if part not in PARTS:
        raise typer.BadParameter(f"{part} is not one of {', '.join(PARTS)}", param_hint="--part")
    prepared = read_prepared(dataset)
    chosen = patients.split(",") if patients else prepared.patients(part)
    if not chosen or set(chosen) - set(prepared.patients(part)):
        raise typer.BadParameter(f"{dataset} has no such {part} patients", param_hint="--patients")
    models = (
        load_detector(detector, WEIGHTS, "cpu"),
        load_segmenter(segmenter, WEIGHTS, Settings().data_dir / "exports", "cpu"),
    )
    scores = contour_scores(*models, map(prepared.slices_of, chosen))
    if output:
        scores.to_csv(output, index=False)
    typer.echo(summary(scores))


def zero_shot(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the comparison's folder; an interrupted one is resumed in it")],
    backbones: Annotated[
        str, typer.Option(help="names in the catalog or files, with commas between")
    ] = "lite_medsam,mobile_sam,sam2_hiera_tiny",
    strategies: Annotated[
        str | None, typer.Option(help="prompt strategies with commas between; all where none is named")
    ] = None,
    detector: Annotated[str, typer.Option(help="whose boxes detector_box takes")] = DETECTOR,
) -> None:
    """Compare published backbones and ways of prompting on the validation slices that show scar, as they are."""
    require_extra("training")
    from rich.progress import Progress

    from scarmass.datasets.prepared import read_prepared
    from scarmass.evaluation.models import load_detector
    from scarmass.evaluation.zero_shot.backbone import load_backbones
    from scarmass.evaluation.zero_shot.figure import write_figure
    from scarmass.evaluation.zero_shot.run import run_zero_shot
    from scarmass.evaluation.zero_shot.strategies import DETECTOR_BOX, STRATEGIES
    from scarmass.evaluation.zero_shot.summary import markdown, summarise, write_table
    from scarmass.main import console
    from scarmass.paths import WEIGHTS

    chosen = strategies.split(",") if strategies else list(STRATEGIES)
    if unknown := set(chosen) - set(STRATEGIES):
        reason = f"{', '.join(sorted(unknown))} is not among {', '.join(STRATEGIES)}"
        raise typer.BadParameter(reason, param_hint="--strategies")
    slices = read_prepared(dataset).slices("validation")
    boxes = load_detector(detector, WEIGHTS, "cpu") if DETECTOR_BOX in chosen else None
    with Progress(console=console) as bar:
        task = bar.add_task("Loading", total=None)
        rows = run_zero_shot(
            load_backbones(backbones.split(","), WEIGHTS),
            chosen,
            slices,
            boxes,
            output,
            lambda name, done, of: bar.update(task, description=name, completed=done, total=of),
        )
    lines = summarise(rows)
    write_table(lines, output)
    write_figure(lines, output)
    typer.echo(markdown(lines))


def report(
    run: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="the folder of an evaluation")],
    docs: Annotated[Path, typer.Option(help="the folder that the page and its plots are written into")] = Path("docs"),
    name: Annotated[str, typer.Option(help="of the page, and what the names of its plots begin with")] = "validation",
) -> None:
    """Write the validation report from the files of an evaluation: tables and plots, no patient's picture."""
    require_extra("training")
    from scarmass.evaluation.segmentation.report import write_report

    typer.echo(f"{write_report(run, docs, name)} is written")


def agreement(
    first: Annotated[Path, typer.Argument(exists=True, help="exported CSV, a folder of them, or patient,mass_g")],
    second: Annotated[Path, typer.Argument(exists=True, help="likewise; the reference, where one of them is")],
    output: Annotated[Path, typer.Option(help="the folder of agreement.json and the plots")] = Path("agreement"),
    extent: Annotated[
        MassExtent, typer.Option(help="which mass of an export is compared")
    ] = MassExtent.SLICE_THICKNESS,
) -> None:
    """Compare two sets of readings of the same patients: two observers, two models, a model and a reader."""
    require_extra("training")
    from rich.console import Console

    from scarmass.evaluation.agreement.compare import compare, table

    compared = compare(first, second, output, extent)
    for warning in compared.warnings:
        typer.echo(f"warning: {warning}", err=True)
    Console(markup=False, highlight=False).print(table(compared))
    typer.echo(f"agreement.json, correlation and bland_altman are in {output}")
