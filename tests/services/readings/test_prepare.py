"""Preparing in the background."""

import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass import worker_threads
from scarmass.domain.errors import DatabaseUnavailable, ModelsBusy, ModelsUnavailable
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import SliceImage
from scarmass.domain.reading import ReadingState
from scarmass.services.context import Context
from scarmass.services.readings import prepare
from scarmass.services.readings.open import open_reading
from scarmass.storage import readings
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter
from tests.services.readings.test_placement import SeesBlood

pytestmark = pytest.mark.slow


def wait_until_draft(client: TestClient, reading_id: str) -> dict:
    for _ in range(200):
        reading = client.get(f"/api/v1/readings/{reading_id}").json()
        if reading["state"] == "draft":
            return reading
        time.sleep(0.05)
    raise AssertionError("not prepared in 10 s")


def opened(client: TestClient, phantom_files: list[Path]) -> str:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    answer = client.post(f"/api/v1/stacks/{stack_id}/readings", json={"client_id": str(uuid.uuid4())})
    assert answer.json()["state"] in ("preparing", "draft")  # the fake models may be done already
    return answer.json()["id"]


def test_the_slice_that_the_reader_looks_at_is_prepared_next(context: Context, phantom_files: list[Path]) -> None:
    context.segmenter.before_answer = lambda _: time.sleep(0.1)  # type: ignore[attr-defined]
    with TestClient(application(context)) as client:
        reading_id = opened(client, phantom_files)
        reading = client.get(f"/api/v1/readings/{reading_id}").json()
        name = {key: reading["slices"][-1][key] for key in ("sop_instance_uid", "frame_number")}
        assert client.post(f"/api/v1/readings/{reading_id}/look", json=name).status_code == 204
        while (reading := client.get(f"/api/v1/readings/{reading_id}").json())["slices"][-1]["state"] == "pending":
            assert reading["state"] == "preparing"
            time.sleep(0.01)
        assert reading["slices"][0]["state"] == "pending"
        assert wait_until_draft(client, reading_id)["prepared"] == len(reading["slices"])


def test_a_look_at_no_slice_of_the_stack_is_refused(context: Context, phantom_files: list[Path]) -> None:
    with TestClient(application(context)) as client:
        reading_id = opened(client, phantom_files)
        answer = client.post(f"/api/v1/readings/{reading_id}/look", json={"sop_instance_uid": "1.2.3"})
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:scarmass:problem:SliceNotInStack"
        nobody = client.post(f"/api/v1/readings/{uuid.uuid4()}/look", json={"sop_instance_uid": "1.2.3"})
        assert nobody.status_code == 404


def test_preparing_that_a_restart_cut_off_is_taken_up_again(context: Context, phantom_files: list[Path]) -> None:
    context.segmenter.before_answer = lambda _: time.sleep(0.2)  # type: ignore[attr-defined]
    with TestClient(application(context)) as client:
        reading_id = opened(client, phantom_files)
    context.segmenter.before_answer = lambda _: None  # type: ignore[attr-defined]
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, reading_id)
    assert {s["state"] for s in reading["slices"]} == {"proposed"}


def test_a_late_proposal_does_not_overwrite_an_edit(context: Context, phantom_files: list[Path]) -> None:
    context.segmenter.before_answer = lambda _: time.sleep(0.1)  # type: ignore[attr-defined]
    with TestClient(application(context)) as client:
        reading_id = opened(client, phantom_files)
        reading = client.get(f"/api/v1/readings/{reading_id}").json()
        last = reading["slices"][-1]
        assert last["state"] == "pending"
        edit = {"client_id": str(uuid.uuid4()), "expected_revision": 0, "kind": "no_scar"}
        answer = client.post(
            f"/api/v1/readings/{reading_id}/edits", json={**edit, "sop_instance_uid": last["sop_instance_uid"]}
        )
        assert answer.status_code == 200
        assert wait_until_draft(client, reading_id)["slices"][-1]["state"] == "no_scar"


def test_one_slice_that_fails_does_not_stop_the_others(context: Context, phantom_files: list[Path]) -> None:
    answered: list[object] = []

    def fail_once(prompt: object) -> None:
        answered.append(prompt)
        if len(answered) == 2:
            raise RuntimeError("the model stumbled")

    context.segmenter.before_answer = fail_once  # type: ignore[attr-defined]
    with TestClient(application(context)) as client:
        states = [s["state"] for s in wait_until_draft(client, opened(client, phantom_files))["slices"]]
    assert sorted(set(states)) == ["failed", "proposed"]
    assert states.count("failed") == 1


def test_a_database_that_is_away_for_a_moment_delays_a_reading_and_does_not_fail_it(
    context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_threads, "AWAY_RETRY_S", 0.01)
    stored = readings.add_proposal
    refused: list[object] = []

    def refuse_twice(*arguments: Any) -> None:
        if len(refused) < 2:
            refused.append(arguments)
            raise DatabaseUnavailable("away")
        stored(*arguments)

    monkeypatch.setattr(readings, "add_proposal", refuse_twice)
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    assert len(refused) == 2
    assert {s["state"] for s in reading["slices"]} == {"proposed"}


def test_models_that_are_away_for_a_moment_delay_a_slice_and_do_not_fail_it(
    context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_threads, "AWAY_RETRY_S", 0.01)
    segmenter, away = context.segmenter, [ModelsBusy("full"), ModelsUnavailable("away")]
    outline, away_from_outlines = segmenter.outline_ventricle, [ModelsUnavailable("away")]

    def stumble(_: object) -> None:
        if away:
            raise away.pop()

    def outline_later(*arguments: Any) -> Any:
        if away_from_outlines:
            raise away_from_outlines.pop()
        return outline(*arguments)

    segmenter.before_answer = stumble  # type: ignore[attr-defined]
    monkeypatch.setattr(segmenter, "outline_ventricle", outline_later)
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    assert not away
    assert not away_from_outlines
    assert {s["state"] for s in reading["slices"]} == {"proposed"}


def test_no_model_is_asked_while_the_reading_is_locked(
    context: Context, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context.segmenter = SeesBlood(scar_logit=2)
    lock, asked_under_lock = readings.lock_reading, []
    is_locked = False

    def locked(*arguments: Any) -> ReadingState:
        nonlocal is_locked
        state = lock(*arguments)
        is_locked = True
        return state

    monkeypatch.setattr(readings, "lock_reading", locked)
    context.segmenter.before_answer = lambda prompt: asked_under_lock.append(prompt) if is_locked else None
    client = TestClient(application(context))  # whose workers do not run
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    reading_id, _ = open_reading(context, stack_id, uuid.uuid4(), "Anna")
    while is_preparing(context, reading_id):
        context.blood.forget()  # as if another server had prepared the slices before
        is_locked = False
        prepare.prepare_next_slice(context, reading_id)
    assert not asked_under_lock


def test_slices_that_are_encoded_at_once_are_encoded_before_the_first_of_them_is_proposed(
    context: Context, phantom_files: list[Path]
) -> None:
    segmenter = EchoSegmenter()
    segmenter.encodes_at_once = 4
    context.segmenter = segmenter
    client = TestClient(application(context))  # whose workers do not run
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    reading_id, _ = open_reading(context, stack_id, uuid.uuid4(), "Anna")
    embedded = []
    while is_preparing(context, reading_id):
        prepare.prepare_next_slice(context, reading_id)
        embedded.append(len(set(segmenter.embedded)))
    assert embedded == [4, 5, 6, 7, 8, 9, 10, 10, 10, 10]


def test_a_slice_that_cannot_be_encoded_ahead_costs_no_other_its_proposal(
    context: Context, phantom_files: list[Path]
) -> None:
    broken: list[str] = []

    class Breaks(EchoSegmenter):
        encodes_at_once = 16

        def embed(self, image: SliceImage, region: HeartRegion | None) -> None:
            if not broken:
                broken.append(image.key)
                raise RuntimeError

    context.segmenter = Breaks()
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    assert broken
    assert {one["state"] for one in reading["slices"]} == {"proposed"}


def is_preparing(context: Context, reading_id: uuid.UUID) -> bool:
    with context.database.transaction() as session:
        return readings.get_reading(session, reading_id).state is ReadingState.PREPARING
