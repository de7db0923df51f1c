"""What the command line of training starts from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from scarmass.cli.app import app
from scarmass.datasets.prepared import Prepared
from scarmass.domain.promotion import ModelKind
from scarmass.models import shipped_model
from scarmass.paths import WEIGHTS
from scarmass.services.context import Context
from scarmass.services.promotions import promote
from scarmass.settings import SEGMENTER
from tests.models import weights_file

pytestmark = pytest.mark.slow


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The bases of runs that were begun."""
    bases: list[Any] = []

    def finetune(*_: Any, base: str | None, **__: Any) -> SimpleNamespace:
        bases.append(base)
        return SimpleNamespace(weights="ours.safetensors")

    monkeypatch.setattr("scarmass.training.segmenter.train.finetune", finetune)
    return bases


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    folder.mkdir()
    Prepared(folder, 0, {}, {}).write_manifest()
    return folder


def train(dataset: Path, *options: str, **settings: str) -> None:
    arguments = ["train", "segmenter", str(dataset), "--output", str(dataset / "run"), *options]
    done = CliRunner().invoke(app, arguments, env=settings)
    assert done.exit_code == 0, done.output


def test_a_run_starts_from_the_weights_that_serve_where_that_is_asked_for(
    begun: list[Any], dataset: Path, context: Context, tmp_path: Path
) -> None:
    site = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": context.database.conninfo}
    named = str(WEIGHTS / "scarmass-litemedsam-two-centres.safetensors")
    train(dataset, "--base", "current", **site, SCARMASS_SEGMENTER=named)
    train(dataset, "--base", "current", **site)
    file, model = weights_file(tmp_path, "ours")
    kind = ModelKind.SEGMENTER
    shipped = {kind: shipped_model(kind)}
    promote(context.database, context.files, kind, file, model, shipped, shipped, "Anna", {"patients": 8})
    train(dataset, "--base", "current", **site)
    train(dataset, "--base", "mobile_sam")
    train(dataset)
    promoted = str(tmp_path / "data" / "exports" / f"{model.sha256}.safetensors")
    assert begun == [named, SEGMENTER, promoted, "mobile_sam", None]
