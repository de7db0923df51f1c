"""What is promoted serves without a restart."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass import promotion_follower
from scarmass.domain.errors import WeightsInvalid
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Model
from scarmass.inference.weights.load import sha256_of
from scarmass.models import shipped_model
from scarmass.promotion_follower import following_promotions
from scarmass.services import promotions
from scarmass.services.context import Context
from scarmass.services.readings.outline import proposed_contours
from scarmass.settings import Settings
from scarmass.storage.stacks import get_stack
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, FakeDetector
from tests.models import promote, weights_file
from tests.services.readings.driving import prepared
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

KIND, DETECTOR = ModelKind.SEGMENTER, ModelKind.DETECTOR


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def following(context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server whose models are fakes, told by the file that they would be loaded from."""

    def opened(_: Settings, weights: str | Path, timing: Any, serves: bool) -> EchoSegmenter:
        assert serves
        segmenter, file = EchoSegmenter(), Path(weights)
        segmenter.model = Model("promoted", sha256_of(file)) if file.is_file() else shipped_model(KIND)
        return segmenter

    def opened_detector(_: Settings, weights: str | Path, timing: Any, serves: bool) -> FakeDetector:
        detector, file = FakeDetector(), Path(weights)
        detector.model = Model("promoted", sha256_of(file)) if file.is_file() else shipped_model(DETECTOR)  # type: ignore[misc]
        return detector

    monkeypatch.setattr(promotion_follower, "open_segmenter", opened)
    monkeypatch.setattr(promotion_follower, "open_detector", opened_detector)
    context.segmenter.model = shipped_model(KIND)  # type: ignore[misc]
    context.detector.model = shipped_model(DETECTOR)  # type: ignore[misc]
    with following_promotions(settings, context), TestClient(application(context)) as client:
        yield client


def serves(client: TestClient, kind: ModelKind = KIND) -> str:
    return client.get("/api/v1/promotions").json()[kind]["sha256"]


def test_promoted_weights_serve_without_a_restart_and_so_do_those_before_again(
    following: TestClient, context: Context, tmp_path: Path
) -> None:
    shipped = shipped_model(KIND)
    assert serves(following) == shipped.sha256
    _, model = made = weights_file(tmp_path, "ours")
    promote(context, *made)
    wait_until(lambda: serves(following) == model.sha256)
    promotions.go_back(context.database, KIND, shipped, "Anna")
    wait_until(lambda: serves(following) == shipped.sha256)
    told = following.get("/api/v1/promotions", params={"limit": 1}).json()
    assert (told["promotions"][0]["model"], told["promotions"][0]["replaced"]["sha256"]) == (None, model.sha256)
    told = following.get("/api/v1/promotions", params={"cursor": told["next_cursor"]}).json()
    assert [(one["author"], one["model"]["name"]) for one in told["promotions"]] == [("Anna", "ours")]
    assert told["next_cursor"] is None


def test_what_is_being_answered_is_finished_by_the_weights_that_it_names(
    following: TestClient, context: Context, tmp_path: Path, phantom_files: list[Path]
) -> None:
    stack_id = upload(following, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    first = following.get(f"/api/v1/stacks/{stack_id}").json()["slices"][0]
    asked = {key: first[key] for key in ("sop_instance_uid", "frame_number")} | {
        "structure": "scar",
        "boxes": [{"x0": 2, "y0": 2, "x1": 9, "y1": 9}],
    }
    begun, may_go_on = threading.Event(), threading.Event()

    def wait(_: object) -> None:
        begun.set()
        may_go_on.wait(30)

    assert isinstance(context.segmenter, EchoSegmenter)
    context.segmenter.before_answer = wait
    _, model = made = weights_file(tmp_path, "ours")
    with ThreadPoolExecutor(1) as threads:
        answering = threads.submit(following.post, "/api/v1/segment", json=asked)
        assert begun.wait(30)
        promote(context, *made)
        wait_until(lambda: serves(following) == model.sha256)
        may_go_on.set()
        assert answering.result().json()["model"]["sha256"] == shipped_model(KIND).sha256
    assert following.post("/api/v1/segment", json=asked).json()["model"]["sha256"] == model.sha256


def test_a_promoted_detector_serves_also_where_promoted_segmenters_cannot_be_loaded(
    following: TestClient,
    context: Context,
    tmp_path: Path,
    phantom_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was outlined in the boxes of another one is outlined anew."""
    stack_id = upload(following, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    prepared(following, stack_id)

    def fails(*_: Any, **__: Any) -> None:
        raise WeightsInvalid("no whole file")

    monkeypatch.setattr(promotion_follower, "open_segmenter", fails)
    promote(context, *weights_file(tmp_path, "ours"))
    _, detector = made = weights_file(tmp_path, "finds_more", kind="detector")
    promote(context, *made, kind=DETECTOR)
    wait_until(lambda: serves(following, DETECTOR) == detector.sha256)
    assert serves(following) == shipped_model(KIND).sha256
    again = context.snapshot()
    with again.database.transaction() as session:
        slices = get_stack(session, stack_id).slices
    assert isinstance(again.detector, FakeDetector)
    assert again.detector.calls == 0
    proposed_contours(again, slices)
    assert again.detector.calls > 0


def test_weights_that_cannot_be_loaded_leave_those_before_serving_until_they_can(
    following: TestClient, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion_follower, "RETRY_S", 0.05)
    failed, loads = threading.Event(), promotion_follower.open_segmenter

    def fails_once(*given: Any, **named: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise WeightsInvalid("no whole file")
        return loads(*given, **named)

    monkeypatch.setattr(promotion_follower, "open_segmenter", fails_once)
    _, model = made = weights_file(tmp_path, "ours")
    promote(context, *made)
    assert failed.wait(30)
    wait_until(lambda: serves(following) == model.sha256)
