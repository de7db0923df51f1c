"""The command line of training."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.data import PreparedFolder
from scarmass.cli.extras import require_extra
from scarmass.domain.promotion import ModelKind
from scarmass.main import open_storage
from scarmass.models import serving_weights
from scarmass.settings import Settings

train_app = typer.Typer(no_args_is_help=True, help="Train models on a prepared dataset.")

ConfigFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="instead of the shipped one")]
Resume = Annotated[bool, typer.Option("--resume", help="go on with the run in the folder")]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps")]
DeviceCount = Annotated[str, typer.Option(help="how many, or auto; under torchrun, torchrun says")]
CURRENT = "current"
"""As a base: what serves."""

Bf16 = Annotated[bool, typer.Option("--bf16", help="mixed precision")]


@train_app.command("detector")
def train_detector(
    dataset: PreparedFolder,
    base: Annotated[
        str, typer.Option(help="the COCO checkpoint, such as yolo26n.pt, a detector's file, or current, which serves")
    ],
    output: Annotated[Path, typer.Option(help="the run's folder; its name becomes that of the weights")],
    config: ConfigFile = None,
    resume: Resume = False,
    accelerator: Accelerator = "auto",
    devices: DeviceCount = "auto",
    bf16: Bf16 = False,
) -> None:
    """Fine-tune the detector of left ventricle and scar; best.safetensors in the folder is what can be served."""
    require_extra("training")
    from scarmass.datasets.prepared import read_prepared
    from scarmass.inference.weights.load import resolve
    from scarmass.paths import WEIGHTS
    from scarmass.training.detector.train import CONFIG, finetune
    from scarmass.training.run import Devices

    chosen = Devices(accelerator, devices, "bf16-mixed" if bf16 else "32-true")
    start = resolve(_serving(ModelKind.DETECTOR), WEIGHTS)[1] if base == CURRENT else Path(base)
    if not start.is_file():
        raise typer.BadParameter(f"{base} is no file", param_hint="--base")
    best = finetune(read_prepared(dataset), start, output, config or CONFIG, chosen, resume=resume)
    typer.echo(f"{best} did best on the validation patients")


@train_app.command("segmenter")
def train_segmenter(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the run's folder")],
    config: ConfigFile = None,
    base: Annotated[
        str | None, typer.Option(help="weights to start from: a name in the catalog, a file, or current, which serve")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="of training, instead of the configuration's")] = None,
    centre: Annotated[list[str] | None, typer.Option(help="to learn from, once each; all by default")] = None,
    parts: Annotated[Path | None, typer.Option(help="a folder for the weights in parts of 15 MiB")] = None,
    resume: Resume = False,
    accelerator: Accelerator = "auto",
    devices: DeviceCount = "auto",
    bf16: Bf16 = False,
) -> None:
    """Fine-tune the segmenter on boxes and points; the folder's file named in the configuration can be served."""
    require_extra("training")
    from scarmass.datasets.prepared import read_prepared
    from scarmass.paths import WEIGHTS
    from scarmass.training.run import Devices
    from scarmass.training.segmenter.train import CONFIG, finetune

    chosen = Devices(accelerator, devices, "bf16-mixed" if bf16 else "32-true")
    prepared = read_prepared(dataset)
    trained = finetune(
        prepared,
        WEIGHTS,
        output,
        config or CONFIG,
        chosen,
        base=_serving(ModelKind.SEGMENTER) if base == CURRENT else base,
        minutes=minutes,
        centres=centre or (),
        parts=parts,
        resume=resume,
    )
    typer.echo(f"{trained.weights} did best on the validation patients")


@train_app.command("ablation")
def train_ablation(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Option(help="the folder of all short runs; those that are done are kept")],
    plan: ConfigFile = None,
) -> None:
    """Train the segmenter in equal short runs, each without one thing, to see what each brings."""
    require_extra("training")
    from scarmass.datasets.prepared import read_prepared
    from scarmass.paths import WEIGHTS
    from scarmass.training.segmenter.ablation import PLAN, ablation

    typer.echo(ablation(read_prepared(dataset), WEIGHTS, output, plan or PLAN))


def _serving(kind: ModelKind) -> str:
    """The name in the catalog, or the file, of what serves."""
    settings = Settings()
    with open_storage(settings) as (database, files):
        return str(serving_weights(settings, database, files, kind))
