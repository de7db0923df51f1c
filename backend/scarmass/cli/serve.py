"""The command line of the application: serve, import, the demonstration studies, replay."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.audit import record_command
from scarmass.cli.extras import require_extra
from scarmass.domain.audit import Action, Named, Subject
from scarmass.domain.errors import ObjectRefused
from scarmass.main import console, import_paths, open_context, open_examiners, open_storage, send_paths
from scarmass.services.intake import Intake
from scarmass.serving import serve as serve_application
from scarmass.settings import Settings
from scarmass.storage import studies
from scarmass.storage.database import Database
from scarmass.storage.subjects import subjects_of


def serve() -> None:
    """Run the server (settings come from the environment)."""
    require_extra("models")
    serve_application(Settings())


def demo(
    send_to: Annotated[str | None, typer.Option(help="send them to this peer, and import nothing")] = None,
) -> None:
    """Import phantom patients where the database is empty, as a fresh machine has nothing else to open."""
    settings = Settings()
    if send_to is not None:
        with _demo_studies() as paths:
            told = send_paths(settings, send_to, paths)
        return console.print(told, markup=False)
    examiners = open_examiners(settings)
    with open_storage(settings) as (database, files):
        with database.transaction() as session:
            if studies.has_studies(session):
                return
        with _demo_studies() as paths:
            _record_import(database, import_paths(database, files, examiners, paths))


@contextmanager
def _demo_studies() -> Iterator[list[Path]]:
    from scarmass.phantom.demonstration import write_demo_studies

    with tempfile.TemporaryDirectory() as folder, console.status("Making the demonstration studies"):
        write_demo_studies(Path(folder))
        yield sorted(path for path in Path(folder).rglob("*") if path.is_file())


def import_studies(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="DICOM files, .zip archives, folders")],
    study_group: Annotated[str, typer.Option(help="of new studies, for those who see one alone")] = "",
):
    """Take DICOM files into the database, as an upload would."""
    inside = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    found = [file for file in inside if file.is_file()]
    settings = Settings()
    examiners = open_examiners(settings)
    with open_storage(settings) as (database, files):
        intake = import_paths(database, files, examiners, found, study_group)
        _record_import(database, intake)
    for study in intake.studies:
        for stack in study.stacks:
            verdict = "LGE" if stack.is_lge else "not LGE"
            typer.echo(f"{stack.description}: {stack.number_of_slices} slices, {verdict} ({stack.is_lge_because})")
    for refused in intake.rejected:
        typer.echo(f"refused {refused.name}: {refused.reason}", err=True)
    if not intake.kept:
        raise typer.Exit(1)


def replay(reading_id: Annotated[uuid.UUID, typer.Argument(help="a reading's id, as its CSV tells it")]):
    """Compute every model answer of a reading again and compare it with the stored mask, which is the record."""
    from scarmass.services.readings.replay import replay as replay_reading

    require_extra("models")
    with open_storage(Settings()) as (database, files):
        context = open_context(Settings(), database, files)
        model, device = context.segmenter.model, context.segmenter.device_and_precision
        typer.echo(f"{model.name} {model.sha256} on {device}")
        typer.echo("revision  slice  Dice    stored g  again g   stored by")
        differences = []
        with database.transaction() as session:
            subjects = subjects_of(session, Named.READING, [str(reading_id)])
        record_command(database, Action.OPEN, subjects, command="replay", reading_id=str(reading_id))
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


def _record_import(database: Database, intake: Intake) -> None:
    subjects = [Subject(header.patient_id, header.study_instance_uid) for header in intake.kept]
    about = {"stored": str(intake.stored), "rejected": str(len(intake.rejected))}
    refused = "" if subjects else ObjectRefused.__name__
    record_command(database, Action.IMPORT, subjects, refused, command="import", **about)
