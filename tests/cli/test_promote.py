"""A candidate beside what serves, on readings that were signed here and held out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from scarmass.cli import promote as command
from scarmass.cli.app import app
from scarmass.datasets.prepared import Prepared, read_prepared
from scarmass.domain.audit import Action, Outcome, Sought
from scarmass.domain.errors import (
    CandidateWorse,
    ConsentWithdrawn,
    HeldOutReadingsSeen,
    HeldOutReadingsTooFew,
    ModelNamedBySettings,
    ModelServesAlready,
    PreparedDatasetInvalid,
    WeightsInvalid,
)
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model, Segmenter
from scarmass.domain.structures import Structure
from scarmass.domain.training_consent import ConsentState
from scarmass.evaluation.model_comparison import ModelComparison, compare
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.inference.weights.catalog import UnseenReadings
from scarmass.inference.weights.load import resolve, sha256_of
from scarmass.models import shipped_model
from scarmass.paths import WEIGHTS
from scarmass.phantom.demonstration import DemoStudy
from scarmass.phantom.stack import phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.services.promotions import page_of_promotions, promoted_model
from scarmass.settings import Settings
from scarmass.storage.record_key import FILE, training_secret
from scarmass.storage.training_consents import set_training_consent
from tests.api.signing import accept_all, sign
from tests.conftest import UNCONFINED
from tests.fakes import EchoSegmenter, FakeDetector, OracleSegmenter
from tests.kept import Kept
from tests.models import weights_file
from tests.phantom_reader import PhantomReader

pytestmark = pytest.mark.slow

PATIENTS, HELD_OUT = 8, 7
KEY = bytes([7]) * 32
"""With it so many of them are held out, where 0.9 of all are."""

INFARCT = Scar(Territory.LAD, transmurality=1.0, half_angle=1.0, half_height=0.33)


@pytest.fixture(scope="module")
def signed_readings(
    keeping: Callable[..., Kept[list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> Kept[list[str]]:
    """Signed readings of patients with scar, consent given; told are the studies."""
    folder = tmp_path_factory.mktemp("sent")

    def happens(client: TestClient, context: Context) -> list[str]:
        context.wall = UNCONFINED
        studies = []
        for number in range(PATIENTS):
            stack = phantom(number, scars=(INFARCT,), rows=64, columns=64, pixel_spacing_mm=(4, 4), number_of_slices=2)
            study = DemoStudy(f"Scar^{number}", f"SCAR-{number}", "19600101", "F", f"202601{number + 1:02}", stack)
            reader = PhantomReader.of(client, study, folder)
            reader.contour()
            sign(client, accept_all(client, reader.reading))
            studies.append(client.get(f"/api/v1/stacks/{reader.stack_id}").json()["study_instance_uid"])
        with context.database.transaction() as session:
            for study in studies:
                set_training_consent(session, study, "Anna", ConsentState.GIVEN)
        return studies

    return keeping(EchoSegmenter(), happens)


@dataclass(frozen=True)
class Site:
    """Where readings were signed, and a dataset was written of them."""

    context: Context
    folder: Path
    studies: list[str]

    @property
    def dataset(self) -> Prepared:
        return read_prepared(self.folder / "learn")

    def run(self, *arguments: str, **settings: str) -> Result:
        environment = {"DATA_DIR": str(self.folder / "data"), "DATABASE_URL": self.context.database.conninfo}
        return CliRunner().invoke(app, list(arguments), env=environment | settings)

    def promote(self, weights: Path, *options: str, **settings: str) -> Result:
        return self.run("promote", str(weights), str(self.folder / "learn"), *options, **settings)

    def candidate(self, name: str, **said: Any) -> tuple[Path, Model]:
        return weights_file(self.folder, name, **said)

    def serving(self, kind: ModelKind = ModelKind.SEGMENTER) -> Model | None:
        return promoted_model(self.context.database, kind)


@pytest.fixture
def site(context: Context, signed_readings: Kept[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """What serves answers with the boxes that are drawn; of the candidates `better` knows the truth, `worse` answers
    nothing."""
    signed_readings.put_into(context)
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / FILE).write_bytes(KEY)
    site = Site(context, tmp_path, signed_readings.told)
    written = site.run("dataset", "from-readings", str(tmp_path / "learn"), "--held-out", "0.9")
    assert written.exit_code == 0, written.output
    truth = {one.image.key: one.masks[Structure.SCAR] for one in site.dataset.slices("test")}

    def opened(_: Settings, weights: str | Path) -> Segmenter:
        model = model_of(weights)
        masks = {key: np.zeros_like(mask) if model.name == "worse" else mask for key, mask in truth.items()}
        segmenter = OracleSegmenter(masks) if model.name in ("better", "worse") else EchoSegmenter()
        segmenter.model = model  # type: ignore[misc]
        return segmenter

    def opened_detector(_: Settings, weights: str | Path) -> FakeDetector:
        detector = FakeDetector()
        detector.model = model_of(weights)  # type: ignore[misc]
        return detector

    monkeypatch.setattr(command, "open_segmenter", opened)
    monkeypatch.setattr(command, "open_detector", opened_detector)
    return site


def model_of(weights: str | Path) -> Model:
    entry, file = resolve(weights, WEIGHTS)
    return Model(entry.name, sha256_of(file))


def refusals(site: Site) -> list[str]:
    sought = Sought(actions=(Action.PROMOTE,), outcome=Outcome.REFUSED)
    return [one.event.reason for one in page_of_events(site.context, sought, 10, None)]


def test_a_better_one_serves_and_what_was_compared_is_recorded(site: Site) -> None:
    file, model = site.candidate("better")
    done = site.promote(file, "--output", str(site.folder / "compared"))
    assert done.exit_code == 0, done.output
    assert site.serving() == model
    (made,) = page_of_promotions(site.context.database, 10)
    assert made.comparison is not None
    assert (made.replaced, made.author.endswith("(command line)")) == (shipped_model(ModelKind.SEGMENTER), True)
    assert made.comparison == json.loads((site.folder / "compared" / "comparison.json").read_text())
    assert {name: made.comparison[name] for name in ("patients", "patients_with_scar", "readings", "slices")} == {
        "patients": HELD_OUT,
        "patients_with_scar": HELD_OUT,
        "readings": HELD_OUT,
        "slices": 2 * HELD_OUT,
    }
    of_dice = [one for one in made.comparison["figures"] if one["figure"] == "dice"]
    assert [(one["use"], one["candidate"]) for one in of_dice] == [
        ("automatic", 1),
        ("following_box", 1),
        ("following", 1),
    ]
    assert all(one["gain"]["low"] > 0 for one in of_dice)
    clicks = made.comparison["figures"][-1]
    assert (clicks["figure"], clicks["candidate"]) == ("clicks_per_slice", 0)
    assert made.comparison["proposals_untouched"] == 0
    assert made.comparison["dataset_sha256"] == site.dataset.sha256


def test_a_worse_one_is_refused_and_its_refusal_recorded(site: Site) -> None:
    file, _ = site.candidate("worse")
    done = site.promote(file)
    assert isinstance(done.exception, CandidateWorse)
    assert " no " in done.output
    assert (site.serving(), refusals(site)) == (None, ["CandidateWorse"])


def test_where_it_is_only_asked_for_nothing_is_changed(site: Site) -> None:
    file, _ = site.candidate("better")
    done = site.promote(file, "--dry-run")
    assert done.exit_code == 0, done.output
    assert (site.serving(), refusals(site)) == (None, [])


def test_what_was_promoted_is_what_the_next_one_is_compared_with_and_gone_back_on(site: Site) -> None:
    first, second = site.candidate("better"), site.candidate("boxes")
    assert site.promote(first[0]).exit_code == 0
    assert isinstance(site.promote(second[0]).exception, CandidateWorse)
    assert site.serving() == first[1]
    told = site.run("weights", "history").output
    assert "better for scarmass-litemedsam-two-centres" in told
    back = site.run("weights", "back", "segmenter")
    assert back.output.strip() == "scarmass-litemedsam-two-centres serves as segmenter again"
    assert site.serving() is None
    assert "back from better" in site.run("weights", "history").output.splitlines()[0]


def test_a_detector_is_compared_beside_the_segmenter_that_serves(site: Site) -> None:
    file, model = site.candidate("finds_the_same", kind="detector")
    done = site.promote(file)
    assert done.exit_code == 0, done.output
    assert (site.serving(ModelKind.DETECTOR), site.serving()) == (model, None)


def test_a_model_that_may_have_learned_from_what_is_held_out_is_not_judged_by_it(site: Site) -> None:
    fingerprint = Pseudonyms(training_secret(KEY)).fingerprint
    for seen in (UnseenReadings(0.25, fingerprint), UnseenReadings(0.9, "of another key")):
        file, _ = site.candidate("better", unseen_readings=seen)
        assert isinstance(site.promote(file).exception, HeldOutReadingsSeen)
    file, model = site.candidate("better", unseen_readings=UnseenReadings(0.9, fingerprint))
    assert site.promote(file).exit_code == 0
    assert site.serving() == model


def test_consent_that_was_withdrawn_since_counts(site: Site) -> None:
    with site.context.database.transaction() as session:
        for study in site.studies[:2]:  # at least one of them is held out
            set_training_consent(session, study, "Anna", ConsentState.WITHDRAWN)
    done = site.promote(site.candidate("better")[0])
    assert isinstance(done.exception, ConsentWithdrawn)
    assert site.serving() is None


def test_consent_that_is_withdrawn_while_models_are_compared_counts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withdraw_and_compare(*given: Any) -> ModelComparison:
        with site.context.database.transaction() as session:
            for study in site.studies[:2]:
                set_training_consent(session, study, "Anna", ConsentState.WITHDRAWN)
        return compare(*given)

    monkeypatch.setattr("scarmass.evaluation.model_comparison.compare", withdraw_and_compare)
    assert isinstance(site.promote(site.candidate("better")[0]).exception, ConsentWithdrawn)
    assert site.serving() is None


def test_few_patients_tell_nothing(site: Site) -> None:
    few = site.run("dataset", "from-readings", str(site.folder / "few"), "--held-out", "0.3")
    assert few.exit_code == 0, few.output
    done = site.run("promote", str(site.candidate("better")[0]), str(site.folder / "few"))
    assert isinstance(done.exception, HeldOutReadingsTooFew)


def test_what_serves_already_and_what_is_no_file_of_ours_are_refused(site: Site) -> None:
    file, _ = site.candidate("better")
    assert site.promote(file).exit_code == 0
    assert isinstance(site.promote(file).exception, ModelServesAlready)
    checkpoint = site.folder / "published.pt"
    checkpoint.write_bytes(b"of somebody")
    assert isinstance(site.promote(checkpoint).exception, WeightsInvalid)


def test_a_dataset_of_something_else_and_a_model_that_the_settings_name_are_refused(site: Site) -> None:
    file, _ = site.candidate("better")
    named = site.promote(file, SCARMASS_SEGMENTER=str(file))
    assert isinstance(named.exception, ModelNamedBySettings)
    said = site.folder / "learn" / "readings.json"
    for altered in ({"held_out": 0.1}, {"dataset_sha256": "d" * 64}):
        kept = said.read_text()
        said.write_text(json.dumps(json.loads(kept) | altered))
        assert isinstance(site.promote(file).exception, PreparedDatasetInvalid)
        said.write_text(kept)
    said.unlink()
    assert isinstance(site.promote(file).exception, PreparedDatasetInvalid)
    assert site.serving() is None
