"""The command line of promotion: a candidate compared with what serves, let serve, and gone back on."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scarmass.cli.audit import operator, record_command
from scarmass.cli.extras import require_extra
from scarmass.domain.audit import Action
from scarmass.domain.errors import CandidateWorse, ModelServesAlready, WeightsInvalid
from scarmass.domain.promotion import ModelKind
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.main import console, open_database, open_storage
from scarmass.models import named, open_detector, open_segmenter, require_promotable, serving_weights, shipped_model
from scarmass.services import promotions
from scarmass.settings import Settings
from scarmass.storage.documents import Json
from scarmass.storage.record_key import record_key, training_secret

if TYPE_CHECKING:
    from scarmass.datasets.prepared import Prepared
    from scarmass.datasets.readings_manifest import ReadingsManifest
    from scarmass.evaluation.model_comparison import ModelComparison, Pair

SHOWN = 200
COMPARISON_FILE = "comparison.json"


def promote(
    candidate: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="weights of a segmenter or detector")],
    dataset: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="of `scarmass dataset from-readings`")],
    output: Annotated[
        Path | None, typer.Option(help="a folder that keeps what was compared; an interrupted comparison is resumed")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="compare, and change nothing")] = False,
) -> None:
    """Compare weights with those that serve, on held-out signed readings, and let them serve unless they are worse."""
    require_extra("training")
    from scarmass.datasets.held_out import held_out_readings, require_usable
    from scarmass.evaluation.model_comparison_table import comparison_table
    from scarmass.inference.weights.load import resolve
    from scarmass.paths import WEIGHTS

    settings = Settings()
    kind = ModelKind(resolve(_of_ours(candidate), WEIGHTS)[0].kind)
    require_promotable(settings, kind)
    with open_storage(settings) as (database, files), _folder(output) as folder:
        weights = {each: serving_weights(settings, database, files, each) for each in ModelKind}
        entries = [resolve(file, WEIGHTS)[0] for file in (candidate, *weights.values())]
        held_out = held_out_readings(dataset, entries)
        pseudonyms = Pseudonyms(training_secret(record_key(settings.data_dir)))
        require_usable(database, held_out[0], pseudonyms)
        current, other = _opened(settings, weights), _opened(settings, {**weights, kind: candidate})
        serving, model = current.of(kind).model, other.of(kind).model
        if model.sha256 == serving.sha256:
            raise ModelServesAlready(f"{model.name} serves already")

        found, comparison = _compared(settings, *held_out, current, other, folder)
        console.print(comparison_table(found, serving.name, model.name))
        if (untouched := comparison["proposals_untouched"]) is not None:
            typer.echo(f"{untouched:.0%} of the scar masks stand as a model proposed them, and speak for that model.")
        if found.worse:
            if not dry_run:
                about = promotions.told(kind, model, serving)
                record_command(database, Action.PROMOTE, (), CandidateWorse.__name__, **about)
            of = len(found.figures)
            raise CandidateWorse(f"{model.name} is not shown to be as good in {len(found.worse)} of {of} figures")
        if dry_run:
            return typer.echo(f"{model.name} is as good; nothing was changed")
        require_usable(database, held_out[0], pseudonyms)
        compared_with = {each: current.of(each).model for each in ModelKind if named(settings, each) is None}
        shipped, author = {each: shipped_model(each) for each in ModelKind}, operator()
        promotions.promote(database, files, kind, candidate, model, compared_with, shipped, author, comparison)
    typer.echo(f"{model.name} serves as {kind} from now on; `scarmass weights back {kind}` goes back to {serving.name}")


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


def _opened(settings: Settings, weights: Mapping[ModelKind, str | Path]) -> "Pair":
    from scarmass.evaluation.model_comparison import Pair

    detector, segmenter = (weights[each] for each in ModelKind)
    return Pair(open_detector(settings, detector), open_segmenter(settings, segmenter))


def _compared(
    settings: Settings,
    prepared: "Prepared",
    manifest: "ReadingsManifest",
    current: "Pair",
    candidate: "Pair",
    folder: Path,
) -> "tuple[ModelComparison, Json]":
    """The comparison, and what is recorded of it, which is also left in the folder."""
    from scarmass.evaluation.model_comparison import compare

    extent, sensitivity = settings.mass_extent, settings.sensitivity
    found = compare(prepared, manifest.patient_of, current, candidate, folder, extent, sensitivity)
    comparison = {
        "dataset_sha256": prepared.sha256,
        "mass_extent": extent.value,
        "sensitivity": sensitivity,
        "proposals_untouched": manifest.untouched_share(prepared.patients("test")),
        **found.as_json(),
    }
    (folder / COMPARISON_FILE).write_text(json.dumps(comparison, indent=1) + "\n")
    return found, comparison


def _of_ours(weights: Path) -> Path:
    """Raises WeightsInvalid for what is not a file of this application, which alone tells what it has learned from."""
    if weights.suffix != ".safetensors":
        raise WeightsInvalid(f"{weights.name} is not a safetensors file, as training here writes it")
    return weights


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The folder that is given, or one that goes away."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
