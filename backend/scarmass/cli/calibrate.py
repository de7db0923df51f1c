"""The command line of calibration: a site's own sensitivity, from its reference readings to its settings."""

from dataclasses import asdict
from typing import Annotated

import typer

from scarmass.cli.audit import record_command
from scarmass.cli.data import PreparedFolder
from scarmass.cli.extras import require_extra
from scarmass.domain.audit import Action
from scarmass.main import open_database, open_storage
from scarmass.models import open_models
from scarmass.settings import SensitivityFit, Settings, write_settings


def calibrate(
    dataset: PreparedFolder,
    centre: Annotated[str | None, typer.Option(help="whose readings count; all where none is named")] = None,
    write: Annotated[bool, typer.Option(help="make the result the setting that new readings start with")] = True,
) -> None:
    """Fit how generously outlines are drawn to reference readings of this site; 5 to 10 patients suffice."""
    require_extra("training")
    from scarmass.datasets.prepared import PARTS, read_prepared
    from scarmass.evaluation.calibration import boxed_slices
    from scarmass.evaluation.calibration import calibrate as fit

    settings, prepared = Settings(), read_prepared(dataset)
    if centre is not None and centre not in prepared.centres:
        raise typer.BadParameter(f"{centre} is not one of {', '.join(prepared.centres)}", param_hint="--centre")
    patients = {name: prepared.slices_of(name) for part in PARTS for name in prepared.patients(part, centre)}
    with open_storage(settings) as (database, files):
        models = open_models(settings, database, files)
    segmenter = models.segmenter
    found = fit(boxed_slices(models.detector, segmenter, patients))
    typer.echo(f"{found.patients} patients with scar, {found.slices} slices")
    for said, one in (("at the model's own limit", found.before), ("each at what fits the others", found.after)):
        typer.echo(f"{said}: Dice {one.dice:.3f}, bias {one.bias_percent:+.1f} %, error {one.error_percent:.1f} %")
    low, high = found.left_out
    typer.echo(f"sensitivity {found.sensitivity:+g} ({low:+g} to {high:+g} with one patient left out)")
    if write:
        fitted = SensitivityFit(
            segmenter=segmenter.model.name,
            segmenter_sha256=segmenter.model.sha256,
            dataset_sha256=prepared.sha256,
            patients=found.patients,
            slices=found.slices,
            before=asdict(found.before),
            after=asdict(found.after),
        )
        file = write_settings(settings.data_dir, sensitivity=found.sensitivity, sensitivity_fit=fitted)
        with open_database(settings) as database:
            record_command(database, Action.SETTINGS, command="calibrate", changed="sensitivity, sensitivity_fit")
        typer.echo(f"new readings start with it: {file}")
