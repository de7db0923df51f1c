"""Signing and amending: what is signed stays as it was signed, whatever is asked or set afterwards."""

import csv
import io
import json
import uuid
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.mass import MassExtent
from scarmass.domain.protocols import Model
from scarmass.services.context import Context
from scarmass.services.readings.prepare import prepare_next_slice
from scarmass.storage import jobs, readings
from tests.api.signing import (
    ANNA,
    BERT,
    accept_all,
    edit,
    get,
    name_of,
    of_request,
    open_reading,
    problem_of,
    send,
    sign,
)
from tests.conftest import upload
from tests.kept import Kept

pytestmark = pytest.mark.slow

BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}
NEWER = ("state", "replaced_by", "exported_at", "status")
"""What an amendment changes of the reading that it replaces."""


@pytest.fixture
def stack_id(context: Context, kept_stack: Kept[str]) -> str:
    kept_stack.put_into(context)
    return kept_stack.told


@pytest.fixture
def draft(client: TestClient, stack_id: str) -> dict:
    return open_reading(client, stack_id, ANNA)


@pytest.fixture
def decided(client: TestClient, draft: dict) -> dict:
    return accept_all(client, draft)


@pytest.fixture
def signed(client: TestClient, decided: dict) -> dict:
    return sign(client, decided)


def export(client: TestClient, reading: dict) -> tuple[str, list[dict]]:
    answer = client.get(f"/api/v1/readings/{reading['id']}/export").raise_for_status()
    return answer.headers["content-disposition"], list(csv.DictReader(io.StringIO(answer.text)))


def but(rows: list[dict], columns: tuple[str, ...] = ("exported_at",)) -> list[dict]:
    return [{name: cell for name, cell in row.items() if name not in columns} for row in rows]


def test_a_reading_is_signed_with_its_reader_and_the_time(client: TestClient, decided: dict, signed: dict) -> None:
    assert signed["state"] == "signed"
    assert signed["signature"]["reader"] == "Dr Anna (unauthenticated)"
    assert (signed["version"], signed["replaces"], signed["delivery"]) == (1, None, None)
    for unchanged in ("slices", "totals", "mass_g", "revision"):
        assert signed[unchanged] == decided[unchanged]
    assert get(client, signed["id"]) == signed


def test_every_slice_that_is_not_excluded_must_be_decided(client: TestClient, draft: dict) -> None:
    of = len(draft["slices"])
    answer = send(client, draft, "sign")
    assert problem_of(answer) == (409, "SlicesUndecided")
    assert f"{of} slices are not decided yet" in answer.json()["detail"]
    edit(client, draft, "accept", slices=[name_of(draft, index) for index in range(1, of)]).raise_for_status()
    one_left = send(client, get(client, draft["id"]), "sign")
    assert "1 slice is not decided yet" in one_left.json()["detail"]
    edit(client, draft, "exclude", **name_of(draft, 0)).raise_for_status()
    assert sign(client, get(client, draft["id"]))["state"] == "signed"


def test_a_correction_alone_is_not_signed(client: TestClient, decided: dict) -> None:
    edit(client, decided, "prompt", boxes=[BOX], **name_of(decided, 2)).raise_for_status()
    assert problem_of(send(client, get(client, decided["id"]), "sign")) == (409, "SlicesUndecided")


def test_what_was_changed_since_it_was_looked_at_is_not_signed(client: TestClient, decided: dict) -> None:
    edit(client, decided, "no_scar", **name_of(decided, 0)).raise_for_status()
    assert problem_of(send(client, decided, "sign")) == (409, "RevisionStale")
    assert get(client, decided["id"])["state"] == "draft"


def test_the_same_signature_sent_again_answers_the_same(client: TestClient, decided: dict) -> None:
    body = of_request(decided["revision"])
    first = send(client, decided, "sign", **body)
    assert first.status_code == 200
    assert send(client, decided, "sign", **body).json() == first.json()
    other_body = {**body, "expected_revision": body["expected_revision"] + 1}
    assert problem_of(send(client, decided, "sign", **other_body)) == (409, "ClientIdReused")
    assert problem_of(send(client, decided, "sign", BERT)) == (409, "ReadingAlreadySigned")
    assert get(client, decided["id"])["signature"]["reader"] == "Dr Anna (unauthenticated)"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("prompt", {"boxes": [BOX]}),
        ("no_scar", {}),
        ("accept", {}),
        ("exclude", {}),
        ("clear", {}),
        ("propose", {}),
        ("sensitivity", {"sensitivity": 2.0}),
        ("take_over", {}),
        ("undo", {}),
        ("redo", {}),
    ],
)
def test_a_signed_reading_takes_no_edit(client: TestClient, signed: dict, kind: str, fields: dict) -> None:
    on = {} if kind in ("sensitivity", "take_over", "undo", "redo") else name_of(signed, 1)
    assert problem_of(edit(client, signed, kind, **on, **fields)) == (409, "ReadingAlreadySigned")
    assert get(client, signed["id"]) == signed


def test_an_edit_stored_before_the_signature_and_sent_again_answers_the_same(client: TestClient, draft: dict) -> None:
    slices = [name_of(draft, index) for index in range(len(draft["slices"]))]
    body = {**of_request(0), "kind": "accept", "slices": slices}
    url = f"/api/v1/readings/{draft['id']}/edits"
    first = client.post(url, json=body, headers=ANNA).raise_for_status().json()
    sign(client, get(client, draft["id"]))
    assert client.post(url, json=body, headers=ANNA).raise_for_status().json() == first


def test_a_job_that_comes_late_leaves_a_signed_reading_alone(
    client: TestClient, context: Context, signed: dict
) -> None:
    reading_id = uuid.UUID(signed["id"])
    prepare_next_slice(context, reading_id)
    with context.database.transaction() as session:
        assert reading_id not in jobs.readings_with_a_job(session)
    assert get(client, signed["id"]) == signed


def test_a_proposal_under_way_while_the_reading_is_signed_is_not_stored(
    client: TestClient, context: Context, signed: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job read the reading as it was before the signature."""
    reading_id = uuid.UUID(signed["id"])
    real = readings.get_reading

    def before_the_signature(session, of):
        return replace(real(session, of), state=readings.ReadingState.PREPARING, proposed=frozenset())

    monkeypatch.setattr(readings, "get_reading", before_the_signature)
    prepare_next_slice(context, reading_id)
    monkeypatch.undo()
    assert get(client, signed["id"]) == signed


def test_no_later_setting_or_model_changes_a_signed_number(
    client: TestClient, context: Context, signed: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, rows = export(client, signed)
    worklist = client.get("/api/v1/studies").json()
    context.density_g_per_ml, context.mass_extent = 1.5, MassExtent.SLICE_SPACING
    for model in (context.segmenter, context.detector):
        monkeypatch.setattr(model, "model", Model("another", "0" * 64))
    assert get(client, signed["id"]) == signed
    assert (export(client, signed)[0], but(export(client, signed)[1])) == (name, but(rows))
    assert client.get("/api/v1/studies").json() == worklist
    amended = send(client, signed, "amend").raise_for_status().json()
    assert (amended["density_g_per_ml"], amended["mass_extent"]) == (1.5, "slice_spacing")
    assert amended["totals"] != signed["totals"]


def test_a_thickness_typed_differently_later_leaves_the_signed_one(
    client: TestClient, phantom_files: list[Path], tmp_path: Path
) -> None:
    written = []
    for path in phantom_files:
        dataset = pydicom.dcmread(path)
        del dataset.SliceThickness
        written.append(tmp_path / path.name)
        dataset.save_as(written[-1])
    stack_id = upload(client, written)["studies"][0]["stacks"][0]["stack_id"]
    url = f"/api/v1/stacks/{stack_id}"
    client.patch(url, json={"slice_thickness_mm": 8.0}, headers=ANNA).raise_for_status()
    signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))
    rows = export(client, signed)[1]
    later = {"slice_thickness_mm": 6.0, "contrast": "psir"}
    client.patch(url, json=later, headers=BERT).raise_for_status()
    assert get(client, signed["id"]) == signed
    assert but(export(client, signed)[1]) == but(rows)
    amended = send(client, signed, "amend").raise_for_status().json()
    assert amended["mass_g"] == pytest.approx(signed["mass_g"] * 6 / 8)


def test_the_file_of_a_signed_reading_says_who_signed_it_and_which_one_it_replaces(
    client: TestClient, signed: dict
) -> None:
    of, revision = len(signed["slices"]), signed["revision"]
    name, rows = export(client, signed)
    assert f"SIGNED_PHANTOM-001_20260105_scar-mass_{of}-of-{of}_r{revision}_v1.csv" in name
    assert {row["status"] for row in rows} == {"signed"}
    assert {row["signed_by"] for row in rows} == {"Dr Anna (unauthenticated)"}
    assert all(row["signed_at"] and (row["version"], row["replaces"]) == ("1", "") for row in rows)
    draft = send(client, signed, "amend").raise_for_status().json()
    name, of_draft = export(client, draft)
    assert "DRAFT_" in name
    assert {(row["status"], row["version"], row["replaces"], row["signed_by"]) for row in of_draft} == {
        ("DRAFT", "2", signed["id"], "")
    }
    again = sign(client, get(client, draft["id"]), BERT)
    answer = client.get(f"/api/v1/readings/{again['id']}/export", params={"format": "json"})
    assert "_v2.json" in answer.headers["content-disposition"]
    assert {row["replaces"] for row in json.loads(answer.text)["rows"]} == {signed["id"]}


def test_an_amendment_is_a_draft_with_the_contents_and_the_history(client: TestClient, signed: dict) -> None:
    draft = send(client, signed, "amend", BERT).raise_for_status().json()
    assert (draft["state"], draft["version"], draft["replaces"]) == ("draft", 2, signed["id"])
    for unchanged in ("slices", "totals", "revision", "images", "sensitivity", "can_undo"):
        assert draft[unchanged] == signed[unchanged]
    histories = [client.get(f"/api/v1/readings/{one['id']}/edits").json() for one in (signed, draft)]
    assert histories[0] == histories[1]
    undone = edit(client, draft, "undo").raise_for_status().json()
    assert undone["reviewed"] == 0


def test_the_amended_reading_stays_as_it_was_signed(client: TestClient, signed: dict) -> None:
    rows = export(client, signed)[1]
    draft = send(client, signed, "amend").raise_for_status().json()
    edit(client, draft, "no_scar", **name_of(draft, 4)).raise_for_status()
    amended = get(client, signed["id"])
    assert (amended["state"], amended["replaced_by"]) == ("amended", draft["id"])
    assert {k: v for k, v in amended.items() if k not in NEWER} == {k: v for k, v in signed.items() if k not in NEWER}
    assert but(export(client, signed)[1], NEWER) == but(rows, NEWER)
    assert {row["status"] for row in export(client, signed)[1]} == {"amended"}
    assert problem_of(edit(client, signed, "undo")) == (409, "ReadingAlreadySigned")


def test_a_reading_is_amended_once_and_only_when_it_is_signed(client: TestClient, decided: dict) -> None:
    assert problem_of(send(client, decided, "amend")) == (409, "ReadingNotSigned")
    signed = sign(client, decided)
    body = of_request(signed["revision"])
    assert problem_of(send(client, signed, "amend", expected_revision=0)) == (409, "RevisionStale")
    draft = send(client, signed, "amend", **body).raise_for_status().json()
    assert send(client, signed, "amend", **body).json() == draft
    assert problem_of(send(client, signed, "amend", **{**body, "expected_revision": 0})) == (409, "ClientIdReused")
    assert problem_of(send(client, signed, "amend")) == (409, "ReadingAlreadyAmended")
    assert problem_of(send(client, draft, "amend")) == (409, "ReadingNotSigned")


def test_the_worklist_tells_who_signed_and_when_and_the_draft_on_top(
    client: TestClient, signed: dict, stack_id: str
) -> None:
    def listed() -> dict:
        stacks = client.get("/api/v1/studies").json()["studies"][0]["stacks"]
        return next(stack for stack in stacks if stack["stack_id"] == stack_id)

    assert listed()["progress"] == "signed"
    assert listed()["reading"]["signature"] == signed["signature"]
    assert listed()["reading"]["mass_g"] == pytest.approx(signed["mass_g"])
    draft = send(client, signed, "amend").raise_for_status().json()
    assert (listed()["reading_id"], listed()["progress"], listed()["reading"]["version"]) == (draft["id"], "done", 2)


@pytest.mark.parametrize("what", ["sign", "amend"])
def test_a_reading_that_is_not_there_is_neither_signed_nor_amended(client: TestClient, what: str) -> None:
    answer = client.post(f"/api/v1/readings/{uuid.uuid4()}/{what}", json=of_request(0))
    assert problem_of(answer) == (404, "ReadingNotFound")


def test_a_piece_of_work_counts_once_and_none_after_the_signature(client: TestClient, decided: dict) -> None:
    url, piece = f"/api/v1/readings/{decided['id']}/work", {"client_id": str(uuid.uuid4()), "seconds": 12.5}
    for _ in range(2):
        assert client.post(url, json=piece).raise_for_status().json() == {"seconds_of_work": 12.5}
    other = {"client_id": str(uuid.uuid4()), "seconds": 20}
    assert client.post(url, json=other).json() == {"seconds_of_work": 32.5}
    assert problem_of(client.post(url, json={**piece, "seconds": 13})) == (409, "ClientIdReused")
    for wrong in (0, -1, 61, "inf"):
        assert client.post(url, json={**other, "seconds": wrong}).status_code == 422
    signed = sign(client, decided)
    assert signed["seconds_of_work"] == 32.5
    assert {row["seconds_of_work"] for row in export(client, signed)[1]} == {"32"}
    assert client.get("/api/v1/studies").json()["studies"][0]["stacks"][0]["reading"]["seconds_of_work"] == 32.5
    late = client.post(url, json={"client_id": str(uuid.uuid4()), "seconds": 5})
    assert problem_of(late) == (409, "ReadingAlreadySigned")
    assert client.post(url, json=piece).json() == {"seconds_of_work": 32.5}
