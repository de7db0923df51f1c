"""The command line of model weights: list, fetch, verify."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.extras import require_extra
from scarmass.main import console
from scarmass.paths import WEIGHTS

weights_app = typer.Typer(no_args_is_help=True, help="List, fetch and verify model weights.")


@weights_app.command("list")
def weights_list() -> None:
    """What the catalog knows and what of it is on this machine."""
    from scarmass.inference.weights.catalog import read_catalog

    for entry in read_catalog(WEIGHTS).values():
        path = WEIGHTS / entry.file
        here = f"here, {path.stat().st_size / 1e6:.1f} MB" if path.is_file() else "not here"
        sha256 = (entry.sha256 or "hash not known beforehand")[:25]
        typer.echo(f"{entry.name}  {entry.kind}, {entry.architecture} at {entry.input_size} px  {here}  {sha256}")
        typer.echo(f"    {entry.licence}; {entry.origin}")


@weights_app.command("fetch")
def weights_fetch(
    name: str,
    checkpoint: Annotated[Path | None, typer.Option(exists=True, help="a checkpoint you already have")] = None,
    into: Annotated[
        Path, typer.Option(file_okay=False, help="a folder of your own; name the file in it by its path then")
    ] = WEIGHTS,
) -> None:
    """Get weights from their package, or from a checkpoint given by path, verified and kept as safetensors."""
    require_extra("models")
    from scarmass.inference.weights.fetch import fetch

    with console.status(f"Fetching {name}"):
        path = fetch(_entry(name), into, checkpoint)
    typer.echo(f"{name} is in {path}")


@weights_app.command("verify")
def weights_verify(names: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Compare the weights on this machine with the catalog's hashes."""
    require_extra("models")
    from scarmass.inference.weights.catalog import read_catalog
    from scarmass.inference.weights.load import verify

    catalog = read_catalog(WEIGHTS)
    for name in names or [n for n, entry in catalog.items() if (WEIGHTS / entry.file).is_file()]:
        entry = _entry(name)
        typer.echo(f"{name} {verify(entry, WEIGHTS / entry.file)}")


def _entry(name: str):
    from scarmass.inference.weights.catalog import read_catalog

    catalog = read_catalog(WEIGHTS)
    if name not in catalog:
        raise typer.BadParameter(f"{name} is not one of {', '.join(catalog)}")
    return catalog[name]
