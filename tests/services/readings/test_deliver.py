"""Signed readings reach the results folder, each once, whatever is in the way."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.audit import Action, Outcome, Sought
from scarmass.domain.errors import Fact, FileDamaged, SourceMissing
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.services.readings import deliver
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import application, upload

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "RETRY_S", 1)


@pytest.fixture
def folder(context: Context, tmp_path: Path) -> Path:
    """The results folder, which is not there yet."""
    context.results_folder = tmp_path / "results"
    return context.results_folder


def decided(client: TestClient, files: list[Path]) -> dict:
    stack_id = upload(client, files)["studies"][0]["stacks"][0]["stack_id"]
    return accept_all(client, open_reading(client, stack_id, ANNA))


def wait_for(client: TestClient, reading: dict, is_so: Callable[[dict], object]) -> dict:
    for _ in range(400):
        if is_so(delivery := get(client, reading["id"])["delivery"]):
            return delivery
        time.sleep(0.05)
    raise AssertionError(f"not in 20 s: {delivery}")


def test_a_signed_reading_is_written_as_csv_json_pdf_seg_and_sr(
    client: TestClient, folder: Path, phantom_files: list[Path]
) -> None:
    folder.mkdir()
    signed = sign(client, decided(client, phantom_files))
    assert signed["delivery"]["reason"] is None
    wait_for(client, signed, lambda delivery: delivery["is_written"])
    of = len(signed["slices"])
    name = f"SIGNED_PHANTOM-001_20260105_scar-mass_{of}-of-{of}_r{signed['revision']}_v1_{signed['id']}"
    assert sorted(each.name for each in folder.iterdir()) == [
        f"{name}.{extension}" for extension in ("csv", "json", "pdf", "seg.dcm", "sr.dcm")
    ]
    assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    assert "PHANTOM-001" in (folder / f"{name}.csv").read_text()


def test_a_folder_that_is_not_there_is_waited_for_and_a_restart_loses_nothing(
    context: Context, folder: Path, phantom_files: list[Path]
) -> None:
    with TestClient(application(context)) as client:
        signed = sign(client, decided(client, phantom_files))
        delivery = wait_for(client, signed, lambda delivery: delivery["reason"])
        assert (delivery["is_written"], delivery["reason"]) == (False, f"The results folder {folder} is not there.")
        stacks = client.get("/api/v1/studies").json()["studies"][0]["stacks"]
        assert delivery in [one["reading"]["delivery"] for one in stacks if one["reading"]]
    folder.mkdir()
    with TestClient(application(context)) as client:
        assert wait_for(client, signed, lambda delivery: delivery["is_written"])["reason"] is None
    assert len(list(folder.iterdir())) == len(deliver.FORMATS)


def test_what_the_receiver_took_away_is_not_written_again(
    client: TestClient, context: Context, folder: Path, phantom_files: list[Path]
) -> None:
    folder.mkdir()
    signed = sign(client, decided(client, phantom_files))
    wait_for(client, signed, lambda delivery: delivery["is_written"])
    for each in folder.iterdir():
        each.unlink()
    deliver.deliver(context, uuid.UUID(signed["id"]))
    assert not deliver.take_up(context)
    assert list(folder.iterdir()) == []


def test_what_a_process_left_that_ended_in_the_middle_is_taken_up_again(
    context: Context, folder: Path, phantom_files: list[Path]
) -> None:
    with TestClient(application(context)) as client:
        signed = sign(client, decided(client, phantom_files))
        wait_for(client, signed, lambda delivery: delivery["reason"])
    with context.database.transaction() as session:
        session.execute(text("update procrastinate_jobs set status = 'doing', worker_id = null"))
    folder.mkdir()
    (folder / ".SIGNED.csv.partial").write_bytes(b"half of it")
    with TestClient(application(context)) as client:
        wait_for(client, signed, lambda delivery: delivery["is_written"])
    assert len([each for each in folder.iterdir() if each.name.startswith("SIGNED")]) == len(deliver.FORMATS)


@pytest.mark.parametrize("fact", [SourceMissing, FileDamaged])
def test_what_needs_an_image_that_is_lost_says_so_and_is_tried_seldom(
    client: TestClient,
    context: Context,
    folder: Path,
    phantom_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    fact: type[Fact],
) -> None:
    folder.mkdir()
    monkeypatch.setattr(deliver, "FORMATS", {"csv": Mock(side_effect=fact("an image is lost"))})
    signed = sign(client, decided(client, phantom_files))
    wait_for(client, signed, lambda delivery: delivery["reason"] == "an image is lost.")
    with context.database.transaction() as session:
        due = "select extract(epoch from max(scheduled_at) - now()) from procrastinate_jobs where status = 'todo'"
        assert session.scalar(text(due)) > deliver.RETRY_LOST_S / 2


def test_an_error_that_nobody_expected_is_told_and_tried_again(
    client: TestClient, folder: Path, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()

    def break_off(*_: object) -> bytes:
        raise RuntimeError("a format that breaks")

    monkeypatch.setattr(deliver, "FORMATS", {"csv": break_off})
    signed = sign(client, decided(client, phantom_files))
    wait_for(client, signed, lambda delivery: delivery["reason"] == deliver.UNEXPECTED)
    monkeypatch.setattr(deliver, "FORMATS", {"csv": lambda *_: b"grams"})
    wait_for(client, signed, lambda delivery: delivery["is_written"])
    assert [each.read_bytes() for each in folder.iterdir()] == [b"grams"]


def test_that_it_was_written_is_in_the_audit_trail_and_what_kept_it_from_that_once(
    context: Context, client: TestClient, folder: Path, phantom_files: list[Path]
) -> None:
    signed = sign(client, decided(client, phantom_files))
    wait_for(client, signed, lambda delivery: delivery["reason"])
    deliver.deliver(context, uuid.UUID(signed["id"]))
    folder.mkdir()
    wait_for(client, signed, lambda delivery: delivery["is_written"])
    found = page_of_events(context, Sought(actions=(Action.EXPORT,)), 10, None)
    told = [(row.event.outcome, row.event.reason, row.event.subject.patient_id) for row in found[::-1]]
    assert told == [(Outcome.FAILED, "ResultsNotWritten", "PHANTOM-001"), (Outcome.SUCCESS, "", "PHANTOM-001")]
