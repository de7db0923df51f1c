"""The command line of the audit trail: its chain verified, its head shown; and what commands record in it."""

import getpass
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from scarmass.domain.audit import Action, Broken, Event, Head, Outcome, Subject
from scarmass.main import open_database
from scarmass.services.audit import verify as verify_chain
from scarmass.settings import Settings
from scarmass.storage import audit
from scarmass.storage.database import Database

audit_app = typer.Typer(no_args_is_help=True, help="The record of who did what: verified, and its head kept elsewhere.")


@audit_app.command()
def verify(
    kept: Annotated[
        Path | None, typer.Option(exists=True, help="a head that `scarmass audit head` wrote, kept elsewhere")
    ] = None,
) -> None:
    """Walk the chain of rows from the first one; tell the first that is changed or missing."""
    with open_database(Settings()) as database:
        found = verify_chain(database, None if kept is None else _read_head(kept))
    if isinstance(found, Broken):
        typer.echo(f"Row {found.number} breaks the chain: {found.why}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"The chain holds from row 1 to row {found.number}: {found.sha256}")


@audit_app.command()
def head(to: Annotated[Path | None, typer.Option(help="a file to write it to; keep it on another machine")] = None):
    """Show the last row's number and hash: kept elsewhere, `verify --kept` finds by them an end that was cut off and a
    record that was written anew."""
    with open_database(Settings()) as database, database.transaction() as session:
        found = audit.head(session)
    if to is not None:
        to.write_text(json.dumps({"number": found.number, "sha256": found.sha256}) + "\n")
    typer.echo(f"{found.number} {found.sha256}")


def record_command(
    database: Database, action: Action, subjects: Sequence[Subject] = (), refused: str = "", **about: str
) -> None:
    """What somebody did by a command, of each of these patients and studies, or of none. refused: by which fact."""
    outcome = Outcome.REFUSED if refused else Outcome.SUCCESS
    event = Event(action, operator(), outcome=outcome, reason=refused, about=about)
    with database.transaction() as session:
        audit.append(session, [replace(event, subject=subject) for subject in subjects] or [event])


def operator() -> str:
    """Who is at the command line, as the machine knows them."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container's user may have no name
        return "command line"


def _read_head(path: Path) -> Head:
    try:
        said = json.loads(path.read_text())
        return Head(int(said["number"]), str(said["sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter("the file holds no head", param_hint="--kept") from error
