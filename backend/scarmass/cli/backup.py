"""The command line of backups: made beside a server that runs, restored into an empty data folder."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.audit import record_command
from scarmass.domain.audit import Action
from scarmass.main import console, open_files, open_postgres
from scarmass.settings import Settings, settings_without_secrets
from scarmass.storage.audit import has_trail
from scarmass.storage.backup.make import keep_newest, make_backup
from scarmass.storage.backup.restore import (
    all_or_nothing,
    checked,
    chosen_backup,
    require_empty,
    restore_database,
    restore_folder,
    restored_objects,
)
from scarmass.storage.database import Database
from scarmass.storage.files import FileStore
from scarmass.storage.installations import has_installation, require_ours


def backup(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="of backups, which share what did not change")],
    keep: Annotated[int | None, typer.Option(min=1, help="remove all but so many of the newest afterwards")] = None,
) -> None:
    """Back up database, images and settings, without secrets, while the server runs or not."""
    settings = Settings()
    kept, left_out = settings_without_secrets(settings.data_dir)
    with open_postgres(settings) as url, console.status("Making the backup"):
        files = open_files(settings)
        _require_ours(url, files)
        made = make_backup(url, files, settings.data_dir / "spool", folder, kept, left_out)
        _record(url, Action.EXPORT, command="backup", to=str(made.folder))
    typer.echo(f"{made.folder}: {len(made.manifest.objects)} objects, {made.copied} of them new")
    if made.damaged:
        typer.echo(f"{made.damaged} objects were damaged in {folder}: look at its disk", err=True)
    if left_out:
        typer.echo(f"secrets that are not in it: {', '.join(left_out)}")
    if keep is not None and (removed := keep_newest(folder, keep)):
        typer.echo(f"{removed} older backups were removed")
    if made.manifest.missing:
        names = ", ".join(made.manifest.missing[:5])
        typer.echo(
            f"{len(made.manifest.missing)} stored files are missing or damaged on this machine: {names}", err=True
        )
        raise typer.Exit(1)


def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="a backup, or of several the newest")],
) -> None:
    """Restore a backup into an empty data folder and database (DATA_DIR, DATABASE_URL), and migrate it."""
    settings = Settings()
    found, all_of_them = chosen_backup(folder.resolve())
    require_empty(settings.data_dir)
    with console.status(f"Checking {found.name}"):
        manifest = checked(found, all_of_them)
    with all_or_nothing(settings.data_dir), ExitStack() as stack:
        with console.status("Storing the objects"):
            installation = stack.enter_context(restored_objects(all_of_them, manifest, open_files(settings)))
            restore_folder(found, settings.data_dir, settings.of_objects)
        with open_postgres(settings) as url, console.status("Filling the database"):
            restore_database(found, url, installation)
            _record(url, Action.IMPORT, command="restore", made_at=str(manifest.made_at))
    typer.echo(f"{settings.data_dir} is as it was at {manifest.made_at}: {len(manifest.kept)} objects")
    if manifest.missing:
        typer.echo(f"{len(manifest.missing)} objects were missing when the backup was made", err=True)
    if manifest.left_out:
        typer.echo(f"set these again, which are no part of a backup: {', '.join(manifest.left_out)}")
    typer.echo("what was deleted for good since then has to be deleted again")


def _require_ours(url: str, files: FileStore) -> None:
    """Of a database that an older version made it cannot be told, and nothing is changed. Raises StoreNotOurs."""
    with closing(Database(url)) as database:
        with database.transaction() as session:
            is_told = has_installation(session)
        if is_told:
            require_ours(database, files)


def _record(url: str, action: Action, **about: str) -> None:
    """In the audit trail, which a database that an older version made lacks."""
    with closing(Database(url)) as database:
        with database.transaction() as session:
            is_there = has_trail(session)
        if is_there:
            record_command(database, action, (), "", **about)
