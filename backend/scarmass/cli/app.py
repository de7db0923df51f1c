"""The command line: every command and the module that holds it."""

import typer

from scarmass.cli.admin import admin_app
from scarmass.cli.audit import audit_app
from scarmass.cli.backup import backup, restore
from scarmass.cli.calibrate import calibrate
from scarmass.cli.data import dataset_app
from scarmass.cli.deletion import delete_patient, deletions
from scarmass.cli.evaluate import agreement, evaluate, evaluate_contours, evaluate_detector, report, zero_shot
from scarmass.cli.models import models
from scarmass.cli.promote import back, history, promote
from scarmass.cli.serve import demo, import_studies, replay, serve
from scarmass.cli.train import train_app
from scarmass.cli.weights import weights_app
from scarmass.domain.errors import Fact
from scarmass.main import console

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Myocardial scar mass from LGE MR.")
app.command()(serve)
app.command()(models)
app.command("import")(import_studies)
app.command()(demo)
app.command()(replay)
app.command()(backup)
app.command()(restore)
admin_app.command("delete-patient")(delete_patient)
admin_app.command()(deletions)
app.add_typer(admin_app, name="admin")
app.add_typer(audit_app, name="audit")
weights_app.command()(back)
weights_app.command()(history)
app.add_typer(weights_app, name="weights")
app.add_typer(dataset_app, name="dataset")
app.add_typer(dataset_app, name="data", hidden=True)
app.add_typer(train_app, name="train")
app.command()(evaluate)
app.command()(calibrate)
app.command()(promote)
app.command("zero-shot")(zero_shot)
app.command("benchmark", hidden=True)(zero_shot)
app.command()(report)
app.command()(agreement)
app.command("evaluate-detector")(evaluate_detector)
app.command("evaluate-contours")(evaluate_contours)


def main() -> None:
    """Run a command; a fact is told in one line."""
    try:
        app()
    except Fact as fact:
        console.print(f"{type(fact).__name__}: {fact}", style="red", markup=False)
        raise SystemExit(1) from fact


if __name__ == "__main__":
    main()
