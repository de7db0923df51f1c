"""The command line: one verb a capability."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from scarmass.domain.errors import Fact
from scarmass.main import WEIGHTS_FOLDER, console, import_paths, open_context, open_storage
from scarmass.main import serve as serve_application
from scarmass.proof_commands import agreement, benchmark, evaluate, evaluate_detector, report
from scarmass.settings import Settings
from scarmass.training_commands import dataset_app, train_app

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Myocardial scar mass from LGE MR.")
weights_app = typer.Typer(no_args_is_help=True, help="List, fetch and verify model weights.")
app.add_typer(weights_app, name="weights")
app.add_typer(dataset_app, name="dataset")
app.add_typer(train_app, name="train")
app.command("evaluate")(evaluate)
app.command("benchmark")(benchmark)
app.command("report")(report)
app.command("agreement")(agreement)
app.command("evaluate-detector")(evaluate_detector)


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


@app.command()
def replay(reading_id: Annotated[uuid.UUID, typer.Argument(help="a reading's id, as its CSV tells it")]):
    """Compute every model answer of a reading again and compare it with the stored mask, which is the record."""
    from scarmass.services.replay import replay as replay_reading

    with open_storage(Settings()) as (database, files):
        context = open_context(Settings(), database, files)
        typer.echo(
            f"{context.segmenter.model.name} {context.segmenter.model.sha256} on {context.segmenter.computes_on}"
        )
        typer.echo("revision  slice  Dice    stored g  again g   stored by")
        differences = []
        for one in replay_reading(context, reading_id):
            grams = "       –         –" if one.mass_g is None else f"{one.stored_mass_g:8.3f}  {one.mass_g:8.3f}"
            made = "proposal" if one.revision is None else f"{one.revision:8d}"
            typer.echo(f"{made}  {one.index + 1:5d}  {one.dice:.4f}  {grams}  {one.stored_by}")
            differences.append((one.dice, (one.mass_g or 0) - (one.stored_mass_g or 0)))
        if not differences:
            typer.echo("No mask in this reading was made by a model.")
            return
        lowest, largest = min(d for d, _ in differences), max(abs(g) for _, g in differences)
        typer.echo(f"{len(differences)} answers: lowest Dice {lowest:.4f}, largest difference {largest:.3f} g")


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
