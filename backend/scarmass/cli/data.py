"""The command line of image data: datasets for training, volumes for the application."""

from pathlib import Path
from typing import Annotated

import typer

from scarmass.cli.audit import record_command
from scarmass.domain.audit import Action, Subject
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.main import open_storage
from scarmass.settings import Settings
from scarmass.storage.record_key import record_key, training_secret

dataset_app = typer.Typer(no_args_is_help=True, help="Bring image data into the form the application takes.")

PreparedFolder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="a prepared dataset")]


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
    from scarmass.datasets.to_dicom import nifti_to_dicom

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
    split: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="TOML: patients by part, who are not dealt out by the seed"),
    ] = None,
) -> None:
    """Bring annotated LGE of one or more centres into the form that training and evaluation read, parted by patient."""
    from rich.progress import Progress

    from scarmass.datasets.layouts.recognised import recognised_layout
    from scarmass.datasets.prepare import prepare
    from scarmass.datasets.split import read_split
    from scarmass.datasets.summary import summary_table
    from scarmass.main import console

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
            read_split(split).by_patient if split else None,
            lambda centre, patient, of: bar.update(task, total=of, advance=1, description=f"{centre} {patient}"),
        )
    console.print(summary_table(prepared))
    typer.echo(f"{output} holds dataset {prepared.sha256[:16]}, split {prepared.split.sha256[:16]}")


@dataset_app.command("from-readings")
def from_readings(
    output: Annotated[Path, typer.Argument(help="an empty folder, or one that is not there yet")],
    held_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="share of the patients that models are compared on and never see")
    ] = 0.25,
    licence: Annotated[str, typer.Option(help="the terms that the data may be used under, kept with them")] = (
        "not stated"
    ),
) -> None:
    """Write the signed readings of studies with consent to training as a prepared dataset, without patients' names."""
    from rich.progress import Progress

    from scarmass.datasets.from_readings import consented_readings, require_empty, write_readings
    from scarmass.datasets.prepared import SPLIT_PARTS
    from scarmass.datasets.readings_manifest import READINGS_FILE
    from scarmass.datasets.summary import summary_table
    from scarmass.main import console

    require_empty(output)
    settings = Settings()
    pseudonyms = Pseudonyms(training_secret(record_key(settings.data_dir)))
    with open_storage(settings) as (database, files):
        readings = consented_readings(database)
        studies = {one.study.study_instance_uid: one.study for one in readings}
        subjects = [Subject(study.patient_id, study.study_instance_uid) for study in studies.values()]
        record_command(database, Action.EXPORT, subjects, to="training data")
        with Progress(console=console) as bar:
            task = bar.add_task("Reading", total=len(readings))
            prepared = write_readings(
                database, files, readings, output, pseudonyms, held_out, licence, lambda: bar.advance(task)
            )
    console.print(summary_table(prepared))
    if left_out := len(readings) - len(prepared.by_patient):
        typer.echo(
            f"{left_out} of {len(readings)} readings could not be taken: {output / READINGS_FILE} says why", err=True
        )
    for part in SPLIT_PARTS:
        if not prepared.patients(part):
            typer.echo(f"No patient is in {part} yet: sign more readings, or hold out another share", err=True)
    typer.echo(f"{output} holds dataset {prepared.sha256[:16]}, split {prepared.split.sha256[:16]}")


@dataset_app.command("pack")
def pack_dataset(
    dataset: PreparedFolder,
    output: Annotated[Path, typer.Argument(help="the folder the packed dataset is written into")],
) -> None:
    """Pack the patients to train and to validate on into few bytes: a prepared dataset that is easily carried."""
    from scarmass.datasets.pack import pack, size_mib
    from scarmass.datasets.prepared import read_prepared
    from scarmass.datasets.summary import summary_table
    from scarmass.main import console

    console.print(summary_table(pack(read_prepared(dataset), output)))
    typer.echo(f"{output} holds {size_mib(output):.1f} MiB")


def _pairs(given: list[str], option: str) -> dict[str, str]:
    """NAME=VALUE arguments by name."""
    pairs: dict[str, str] = {}
    for one in given:
        name, separator, value = one.partition("=")
        if not (name and separator and value) or name in pairs:
            raise typer.BadParameter(f"{one} is not one NAME=VALUE a centre", param_hint=option)
        pairs[name] = value
    return pairs
