"""The command line of deletion for good: a patient everywhere, and the record of what was deleted."""

import time
import uuid
from typing import Annotated

import typer

from scarmass.cli.audit import operator
from scarmass.domain.deletion import Deletion, DeletionReason, DeletionRequest
from scarmass.domain.errors import PatientNotFound
from scarmass.main import open_places, open_storage
from scarmass.services.deletion import ask
from scarmass.services.deletion.carry_out import PAUSE_S, carry_out
from scarmass.services.deletion.places import Places
from scarmass.services.deletion.retention import rewrite_where_due
from scarmass.settings import Settings

SHOWN = 200


def delete_patient(
    patient_id: Annotated[str, typer.Argument(help="as it is stored, or as it was before it was de-identified here")],
    reason: Annotated[DeletionReason, typer.Option(help="what the record tells")] = DeletionReason.PATIENT_ASKED,
    although_signed: Annotated[
        bool, typer.Option("--although-signed", help="also signed readings that are to be kept still")
    ] = False,
    confirm: Annotated[str | None, typer.Option(help="the PatientID again, which is asked for where it lacks")] = None,
) -> None:
    """Delete a patient for good: every study, reading, report, file and export. It cannot be undone."""
    settings = Settings()
    with open_storage(settings) as (database, files):
        places = open_places(settings, database, files)
        stored_id = _stored_id(places, patient_id)
        found = ask.found_of_patient(places, stored_id)
        what = "1 study goes" if len(found) == 1 else f"{len(found)} studies go"
        typer.echo(f"{what} for good, with all that was read in it.")
        if (typer.prompt("The PatientID, to confirm") if confirm is None else confirm) != patient_id:
            typer.echo("What was typed is not the PatientID: nothing was deleted.", err=True)
            raise typer.Exit(1)
        request = DeletionRequest(uuid.uuid4(), reason, operator(), True, although_signed)
        deletion = ask.delete_patient(places, stored_id, request)
        _carry_out(places, deletion.id)
        rewrite_where_due(places)
        _tell(ask.get_deletion(places, deletion.id))


def deletions() -> None:
    """The record of what was deleted for good, the newest first."""
    settings = Settings()
    with open_storage(settings) as (database, files):
        for one in ask.page_of_deletions(open_places(settings, database, files), SHOWN, None):
            _tell(one)


def _stored_id(places: Places, patient_id: str) -> str:
    """The PatientID as it is stored: this one, or its pseudonym. Raises PatientNotFound, PatientAmbiguous."""
    try:
        ask.found_of_patient(places, patient_id)
    except PatientNotFound:
        if places.pseudonyms is None:
            raise
        return places.pseudonyms.of_patient(patient_id)
    return patient_id


def _carry_out(places: Places, deletion_id: uuid.UUID) -> None:
    while not carry_out(places, deletion_id):
        waits = ask.get_deletion(places, deletion_id).waits_because
        if waits is not None:
            typer.echo(f"{waits} A server that runs goes on with it when that is mended.", err=True)
            raise typer.Exit(1)
        time.sleep(PAUSE_S)


def _tell(one: Deletion) -> None:
    state = one.waits_because or "goes on" if one.done_at is None else f"done {one.done_at:%Y-%m-%d %H:%M}"
    what = "a patient" if one.request.whole_patient else "a study"
    typer.echo(f"{one.asked_at:%Y-%m-%d %H:%M}  {what}  {one.request.reason}  by {one.request.asked_by}: {state}")
    counted = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(one.counts.items()))
    typer.echo(f"    {one.patient_hash[:16]}  {counted or 'nothing yet'}")
    for because in one.left_because:
        typer.echo(f"    {because}")
    if one.sent_to:
        typer.echo(f"    copies are with {', '.join(one.sent_to)}, to which results were sent")
    if one.done_at is not None and one.rewritten_at is None:
        typer.echo("    the database's files are written anew at night")
