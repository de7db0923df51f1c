"""The command line of promotion: what came to serve, and how it is gone back on."""

from typing import Annotated

import typer

from scarmass.cli.audit import operator
from scarmass.cli.extras import require_extra
from scarmass.domain.promotion import ModelKind
from scarmass.main import open_database
from scarmass.models import require_promotable, shipped_model
from scarmass.services import promotions
from scarmass.settings import Settings

SHOWN = 200


def back(kind: Annotated[ModelKind, typer.Argument(help="of which the last promotion is gone back on")]) -> None:
    """Let serve again what served before the last promotion; servers that run follow at once."""
    require_extra("models")
    settings = Settings()
    require_promotable(settings, kind)
    with open_database(settings) as database:
        model = promotions.go_back(database, kind, shipped_model(kind), operator())
    typer.echo(f"{model.name} serves as {kind} again")


def history() -> None:
    """Which weights came to serve, by whom, and how they compared; the newest first."""
    with open_database(Settings()) as database:
        changes = promotions.page_of_promotions(database, SHOWN)
    for one in changes:
        what = f"back from {one.replaced.name}" if one.model is None else f"{one.model.name} for {one.replaced.name}"
        typer.echo(f"{one.created_at:%Y-%m-%d %H:%M}  {one.kind}  {what}  by {one.author}")
        if one.comparison is not None:
            patients, slices = (one.comparison[name] for name in ("patients", "slices"))
            typer.echo(
                f"    compared on {patients} patients, {slices} slices of {one.comparison['dataset_sha256'][:16]}"
            )
