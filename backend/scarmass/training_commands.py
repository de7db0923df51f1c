"""The command line of the training side: datasets, training, benchmarks and proof. Part of cli."""

from pathlib import Path
from typing import Annotated

import typer

dataset_app = typer.Typer(no_args_is_help=True, help="Bring image data into the form the application takes.")


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
