"""The command line of the training side: datasets, training, benchmarks and proof. Part of cli."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.domain.mass import MassExtent

train_app = typer.Typer(no_args_is_help=True, help="Train models on a prepared dataset.")
dataset_app = typer.Typer(no_args_is_help=True, help="Bring image data into the form the application takes.")

PreparedFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="a prepared dataset")]
ConfigFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="instead of the shipped one")]
Resume = Annotated[bool, typer.Option("--resume", help="go on with the run in the folder")]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps")]
DeviceCount = Annotated[str, typer.Option(help="how many, or auto; under torchrun, torchrun says")]
Bf16 = Annotated[bool, typer.Option("--bf16", help="mixed precision")]
EmbeddingsFolder = Annotated[Path | None, typer.Option(help="a folder that runs with one frozen encoder share")]


@dataset_app.command("to-dicom")
def to_dicom(
    nifti: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="an LGE volume, .nii or .nii.gz")],
    output: Annotated[Path, typer.Argument(help="the folder the series is written into")],
    patient_name: Annotated[str, typer.Option()] = "Unknown",
    patient_id: Annotated[str, typer.Option()] = "UNKNOWN",
    slice_thickness_mm: Annotated[
        float | None, typer.Option(min=0.1, max=50, help="the header knows only the spacing; unknown stays empty")
    ] = None,
) -> None:
    """Wrap a NIfTI LGE volume as a valid derived MR series."""
    from scarmass.training.to_dicom import nifti_to_dicom

    written, warnings = nifti_to_dicom(
        nifti, output, slice_thickness_mm=slice_thickness_mm, patient_name=patient_name, patient_id=patient_id
    )
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"{len(written)} slices in {output}")
    if slice_thickness_mm is None:
        typer.echo("SliceThickness stays empty: only the mass by slice spacing will be shown")


@dataset_app.command("prepare")
def prepare_dataset(
    output: Annotated[Path, typer.Argument(help="the folder the prepared dataset is written into")],
    source: Annotated[list[str], typer.Option(metavar="CENTRE=FOLDER", help="once a centre; its layout is recognised")],
    seed: Annotated[int, typer.Option(min=0, help="of the split into train, validation and test")] = 0,
    hold_out: Annotated[
        list[str] | None, typer.Option(metavar="PATIENT", help="in no part, as EMIDEC's Case_P100 always is")
    ] = None,
    licence: Annotated[
        list[str] | None, typer.Option(metavar="CENTRE=TEXT", help="the terms of a centre's data, kept with them")
    ] = None,
) -> None:
    """Bring annotated LGE of one or more centres into the form that training and evaluation read, parted by patient."""
    from rich.progress import Progress

    from scarmass.main import console
    from scarmass.training.dataset import prepare
    from scarmass.training.dataset.layouts import recognised_layout
    from scarmass.training.dataset.summary import summary_table

    sources = {centre: Path(folder) for centre, folder in _pairs(source, "--source").items()}
    licences = _pairs(licence or [], "--licence")
    if unknown := licences.keys() - sources:
        raise typer.BadParameter(f"{', '.join(unknown)} is no centre of --source", param_hint="--licence")
    for centre, folder in sources.items():
        layout = recognised_layout(folder)
        console.print(f"{centre} is laid out as {layout.name}: {layout.description}", markup=False)
    with Progress(console=console) as bar:
        task = bar.add_task("Reading", total=None)
        prepared = prepare(
            sources,
            output,
            seed,
            hold_out or (),
            licences,
            lambda centre, patient, of: bar.update(task, total=of, advance=1, description=f"{centre} {patient}"),
        )
    console.print(summary_table(prepared))
    typer.echo(f"{output} holds dataset {prepared.sha256[:16]}, split {prepared.split.sha256[:16]}")


@train_app.command("detector")
def train_detector(
    dataset: PreparedFolder,
    base: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="the COCO checkpoint, such as yolo26n.pt")],
    output: Annotated[Path, typer.Option(help="the run's folder; its name becomes that of the weights")],
    config: ConfigFile = None,
    resume: Resume = False,
    accelerator: Accelerator = "auto",
    devices: DeviceCount = "auto",
    bf16: Bf16 = False,
) -> None:
    """Fine-tune the detector of left ventricle and scar; best.safetensors in the folder is what can be served."""
    from scarmass.training.dataset import read_prepared
    from scarmass.training.finetune_detector import CONFIG, finetune
    from scarmass.training.run import Devices

    chosen = Devices(accelerator, devices, "bf16-mixed" if bf16 else "32-true")
    best = finetune(read_prepared(dataset), base, output, config or CONFIG, chosen, resume=resume)
    typer.echo(f"{best} did best on the validation patients")


@train_app.command("segmenter")
def train_segmenter(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the run's folder")],
    config: ConfigFile = None,
    embeddings: EmbeddingsFolder = None,
    resume: Resume = False,
    accelerator: Accelerator = "auto",
    devices: DeviceCount = "auto",
    bf16: Bf16 = False,
) -> None:
    """Fine-tune the segmenter on boxes and points; the folder's file named in the configuration can be served."""
    from scarmass.main import WEIGHTS_FOLDER
    from scarmass.training.dataset import read_prepared
    from scarmass.training.finetune_segmenter import CONFIG, finetune
    from scarmass.training.run import Devices

    chosen = Devices(accelerator, devices, "bf16-mixed" if bf16 else "32-true")
    prepared = read_prepared(dataset)
    trained = finetune(prepared, WEIGHTS_FOLDER, output, config or CONFIG, chosen, embeddings=embeddings, resume=resume)
    typer.echo(f"{trained.weights} did best on the validation patients")


@train_app.command("ablation")
def train_ablation(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the folder of all short runs; those that are done are kept")],
    plan: ConfigFile = None,
    embeddings: EmbeddingsFolder = None,
) -> None:
    """Train the segmenter in equal short runs, each without one thing, to see what each brings."""
    from scarmass.main import WEIGHTS_FOLDER
    from scarmass.training.ablation import PLAN, ablation
    from scarmass.training.dataset import read_prepared

    typer.echo(ablation(read_prepared(dataset), WEIGHTS_FOLDER, output, plan or PLAN, embeddings))


def evaluate_detector(
    dataset: PreparedFolder,
    weights: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a detector's safetensors file")],
    part: Annotated[str, typer.Option(help="validation, test, held_out or phantoms")] = "validation",
    output: Annotated[Path | None, typer.Option(help="a JSON file that the report is also written to")] = None,
    curve: Annotated[bool, typer.Option("--curve", help="what each minimum score of scar would bring")] = False,
) -> None:
    """Score a detector's boxes, with 95 % intervals over patients; choose on validation, open test once a model."""
    from scarmass.training.dataset import phantom_slices, read_prepared
    from scarmass.training.evaluate_detector import PHANTOM_SEEDS, report_of
    from scarmass.training.operating_points import curve_table, operating_points_of

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
    output: Annotated[Path, typer.Option(help="the run's folder; a run that was cut off goes on in it")],
    segmenter: Annotated[str, typer.Option(help="a name in the catalog or a file")] = "scarmass-litemedsam",
    detector: Annotated[str, typer.Option(help="a name in the catalog or a file")] = "scarmass-yolo26n",
    part: Annotated[str, typer.Option(help="test, validation, train or held_out")] = "test",
    seed: Annotated[int, typer.Option(min=0, help="of the simulated reader's boxes")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:n")] = "auto",
) -> None:
    """Measure models against the reference: automatic, with drawn boxes, and with boxes and clicks."""
    from scarmass.main import WEIGHTS_FOLDER
    from scarmass.training.dataset import read_prepared
    from scarmass.training.dataset.prepared import PARTS
    from scarmass.training.evaluation.evaluate import evaluate as evaluate_models
    from scarmass.training.evaluation.models import load_models
    from scarmass.training.evaluation.report import summary

    if part not in PARTS:
        raise typer.BadParameter(f"{part} is not one of {', '.join(PARTS)}", param_hint="--part")
    prepared = read_prepared(dataset)
    if not prepared.patients(part):
        raise typer.BadParameter(f"{dataset} has no {part} patients", param_hint="--part")
    models = load_models(detector, segmenter, WEIGHTS_FOLDER, output / "exports", device)
    typer.echo(summary(evaluate_models(prepared, output, *models, part, seed)))


def benchmark(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the benchmark's folder; one that was cut off goes on in it")],
    backbones: Annotated[
        str, typer.Option(help="names in the catalog or files, with commas between")
    ] = "lite_medsam,mobile_sam,sam2_hiera_tiny",
    strategies: Annotated[
        str | None, typer.Option(help="prompt strategies with commas between; all where none is named")
    ] = None,
    detector: Annotated[str, typer.Option(help="whose boxes detector_box takes")] = "scarmass-yolo26n",
) -> None:
    """Compare published backbones and ways of prompting on the validation slices that show scar, as they are."""
    from rich.progress import Progress

    from scarmass.main import WEIGHTS_FOLDER, console
    from scarmass.training.benchmark.figure import write_figure
    from scarmass.training.benchmark.models import opened_backbones, opened_detector
    from scarmass.training.benchmark.run import run_benchmark
    from scarmass.training.benchmark.strategies import DETECTOR_BOX, STRATEGIES
    from scarmass.training.benchmark.summary import markdown, summarise, write_table
    from scarmass.training.dataset import read_prepared

    chosen = strategies.split(",") if strategies else list(STRATEGIES)
    if unknown := set(chosen) - set(STRATEGIES):
        told = f"{', '.join(sorted(unknown))} is not among {', '.join(STRATEGIES)}"
        raise typer.BadParameter(told, param_hint="--strategies")
    slices = read_prepared(dataset).slices("validation")
    boxes = opened_detector(detector, WEIGHTS_FOLDER) if DETECTOR_BOX in chosen else None
    with Progress(console=console) as bar:
        task = bar.add_task("Loading", total=None)
        rows = run_benchmark(
            opened_backbones(backbones.split(","), WEIGHTS_FOLDER),
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
    docs: Annotated[Path, typer.Option(help="the folder that validation.md and its plots are written into")] = Path(
        "docs"
    ),
) -> None:
    """Write the validation report from the files of an evaluation: tables and plots, no patient's picture."""
    from scarmass.training.evaluation.report import write_report

    typer.echo(f"{write_report(run, docs)} is written")


def agreement(
    first: Annotated[Path, typer.Argument(exists=True, help="exported CSV, a folder of them, or patient,mass_g")],
    second: Annotated[Path, typer.Argument(exists=True, help="likewise; the reference, where one of them is")],
    output: Annotated[Path, typer.Option(help="the folder of agreement.json and the plots")] = Path("agreement"),
    extent: Annotated[
        MassExtent, typer.Option(help="which mass of an export is compared")
    ] = MassExtent.SLICE_THICKNESS,
) -> None:
    """Compare two sets of readings of the same patients: two observers, two models, a model and a reader."""
    from rich.console import Console

    from scarmass.training.compare_readings import compare, table

    compared = compare(first, second, output, extent)
    for warning in compared.warnings:
        typer.echo(f"warning: {warning}", err=True)
    Console(markup=False, highlight=False).print(table(compared))
    typer.echo(f"agreement.json, correlation and bland_altman are in {output}")


def _pairs(given: list[str], option: str) -> dict[str, str]:
    """NAME=VALUE arguments by name."""
    pairs: dict[str, str] = {}
    for one in given:
        name, separator, value = one.partition("=")
        if not (name and separator and value) or name in pairs:
            raise typer.BadParameter(f"{one} is not one NAME=VALUE a centre", param_hint=option)
        pairs[name] = value
    return pairs
