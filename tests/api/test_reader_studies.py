"""Reader studies over REST: readers measure the same stacks, hidden from each other, with and without proposals."""

import csv
import io
import json
import time
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from scarmass.cli.app import app
from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from tests.api.signing import ANNA, BERT, accept_all, edit, get, name_of, open_reading, problem_of, send, sign
from tests.conftest import small_studies, upload

pytestmark = pytest.mark.slow

WITH, WITHOUT = "with_proposals", "without_proposals"
CLEO = {"X-Reader": "Dr Cleo"}
URL = "/api/v1/reader-studies"


@pytest.fixture
def stack_id(client: TestClient, phantom_files: list[Path]) -> str:
    return upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]


@pytest.fixture
def stack_ids(client: TestClient, tmp_path: Path) -> list[str]:
    """Of three patients with two tiny slices each."""
    files = [file for study in small_studies(3) for file in write_phantom(tmp_path / study.patient_id, study)]
    found = upload(client, files)["studies"]
    return sorted(study["stacks"][0]["stack_id"] for study in found)


def make(client: httpx.Client | TestClient, stack_ids: list[str], **fields: Any) -> Any:
    body = {
        "client_id": str(uuid.uuid4()),
        "name": "Agreement",
        "stack_ids": stack_ids,
        "readers": ["Dr Anna", "Dr Bert"],
    }
    return client.post(URL, json={**body, **fields}, headers=CLEO)


def made(client: httpx.Client | TestClient, stack_ids: list[str], **fields: Any) -> str:
    return make(client, stack_ids, **fields).raise_for_status().json()["id"]


def ask_next(client: httpx.Client | TestClient, study_id: str, headers: dict, client_id: str | None = None) -> Any:
    return client.post(f"{URL}/{study_id}/next", json={"client_id": client_id or str(uuid.uuid4())}, headers=headers)


def open_next(client: httpx.Client | TestClient, study_id: str, headers: dict) -> dict:
    """The reader's next reading once it is prepared."""
    opened = ask_next(client, study_id, headers).raise_for_status().json()
    for _ in range(400):
        reading = get(client, opened["reading_id"])
        if reading["state"] != "preparing":
            return reading
        time.sleep(0.05)
    raise AssertionError("the reading was not prepared in 20 s")


def read_all(client: httpx.Client | TestClient, study_id: str, headers: dict, seconds: float = 20) -> list[dict]:
    """Every assignment of a reader decided and signed: accepted where there is a proposal, else without scar."""
    signed = []
    while (answer := ask_next(client, study_id, headers)).status_code != 409:
        answer.raise_for_status()
        reading = open_next(client, study_id, headers)
        if reading["assignment"]["arm"] == WITH:
            accept_all(client, reading, headers)
        else:
            for index in range(len(reading["slices"])):
                edit(client, reading, "no_scar", headers, **name_of(reading, index)).raise_for_status()
        work = {"client_id": str(uuid.uuid4()), "seconds": seconds}
        client.post(f"/api/v1/readings/{reading['id']}/work", json=work, headers=headers).raise_for_status()
        signed.append(sign(client, get(client, reading["id"]), headers))
    assert problem_of(answer) == (409, "NothingLeftToRead")
    return signed


def listed(client: httpx.Client | TestClient, stack_id: str, headers: dict = ANNA) -> list[str]:
    answer = client.get(f"/api/v1/stacks/{stack_id}/readings", headers=headers).raise_for_status().json()
    return [one["id"] for one in answer["readings"]]


def test_a_study_tells_what_it_is_and_how_far_each_reader_is(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids, arms=[WITHOUT, WITH], repeats=2, seed=3, alternates=True)
    found = client.get(f"{URL}/{study_id}").raise_for_status().json()
    assert [one["stack_id"] for one in found["stacks"]] == stack_ids
    assert {one["patient"]["id"] for one in found["stacks"]} == {"SMALL-0", "SMALL-1", "SMALL-2"}
    assert found["readers"] == ["Dr Anna (unauthenticated)", "Dr Bert (unauthenticated)"]
    assert (found["arms"], found["repeats"], found["seed"], found["alternates"]) == ([WITHOUT, WITH], 2, 3, True)
    assert (found["created_by"], found["hides_readings"]) == ("Dr Cleo (unauthenticated)", True)
    assert [(one["done"], one["of"], one["next"]["number"]) for one in found["progress"]] == [(0, 12, 1), (0, 12, 1)]


def test_the_same_request_makes_one_study_and_another_one_with_its_client_id_is_refused(
    client: TestClient, stack_ids: list[str]
) -> None:
    client_id = str(uuid.uuid4())
    one, again = (make(client, stack_ids, client_id=client_id).json() for _ in range(2))
    assert one == again
    assert problem_of(make(client, stack_ids, client_id=client_id, repeats=2)) == (409, "ClientIdReused")
    assert len(client.get(URL).json()["reader_studies"]) == 1


def test_studies_are_listed_in_pages_the_newest_first(client: TestClient, stack_ids: list[str]) -> None:
    ids = [made(client, stack_ids, name=f"Study {number}") for number in range(3)]
    page = client.get(URL, params={"limit": 2}).raise_for_status().json()
    assert [one["id"] for one in page["reader_studies"]] == [ids[2], ids[1]]
    rest = client.get(URL, params={"limit": 2, "cursor": page["next_cursor"]}).raise_for_status().json()
    assert ([one["id"] for one in rest["reader_studies"]], rest["next_cursor"]) == ([ids[0]], None)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"stack_ids": ["nowhere"]}, (404, "StackNotFound")),
        ({"stack_ids": []}, (422, "RequestInvalid")),
        ({"readers": ["Dr Anna", " Dr Anna "]}, (422, "ReaderStudyInvalid")),
        ({"readers": [" "]}, (422, "RequestInvalid")),
        ({"name": "  "}, (422, "ReaderStudyInvalid")),
        ({"arms": [WITH, WITH]}, (422, "ReaderStudyInvalid")),
        ({"arms": ["blind"]}, (422, "RequestInvalid")),
        ({"repeats": 0}, (422, "RequestInvalid")),
        ({"seed": -1}, (422, "RequestInvalid")),
    ],
)
def test_what_cannot_be_a_study_is_refused(
    client: TestClient, stack_ids: list[str], fields: dict, problem: tuple[int, str]
) -> None:
    assert problem_of(make(client, **{"stack_ids": stack_ids, **fields})) == problem


def test_nobody_else_and_nothing_unknown_is_read(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids)
    assert problem_of(ask_next(client, study_id, CLEO)) == (409, "NotReaderOfStudy")
    nowhere = str(uuid.uuid4())
    assert problem_of(ask_next(client, nowhere, ANNA)) == (404, "ReaderStudyNotFound")
    assert problem_of(client.get(f"{URL}/{nowhere}/results")) == (404, "ReaderStudyNotFound")


def test_each_assignment_is_an_own_reading_that_is_opened_once(client: TestClient, stack_id: str) -> None:
    shared = open_reading(client, stack_id, ANNA)
    study_id = made(client, [stack_id])
    client_id = str(uuid.uuid4())
    first = ask_next(client, study_id, ANNA, client_id)
    assert first.status_code == 201
    assert (again := ask_next(client, study_id, ANNA, client_id)).status_code == 200
    assert first.json() == again.json() == ask_next(client, study_id, ANNA).json()
    reading = open_next(client, study_id, ANNA)
    assert reading["id"] != shared["id"]
    assert reading["reader"] == "Dr Anna (unauthenticated)"
    assert reading["assignment"] == first.json()["assignment"]
    assert (reading["assignment"]["number"], reading["assignment"]["of"]) == (1, 1)
    assert get(client, shared["id"])["assignment"] is None
    assert ask_next(client, study_id, BERT).json()["reading_id"] != reading["id"]


def test_a_client_id_answers_with_the_reading_that_it_opened_also_when_that_is_signed(
    client: TestClient, stack_ids: list[str]
) -> None:
    study_id, client_id = made(client, stack_ids), str(uuid.uuid4())
    opened = ask_next(client, study_id, ANNA, client_id).json()
    reading = open_next(client, study_id, ANNA)
    sign(client, accept_all(client, reading))
    assert ask_next(client, study_id, ANNA, client_id).json() == opened
    assert ask_next(client, study_id, ANNA).json()["assignment"]["number"] == 2
    assert problem_of(ask_next(client, study_id, BERT, client_id)) == (409, "ClientIdReused")


def test_readings_of_a_study_are_listed_nowhere_until_everything_is_signed(
    client: TestClient, stack_ids: list[str]
) -> None:
    study_id = made(client, stack_ids[:1])
    (by_anna,) = read_all(client, study_id, ANNA)
    for headers in (ANNA, BERT, CLEO):
        assert listed(client, stack_ids[0], headers) == []
    stacks = [stack for study in client.get("/api/v1/studies").json()["studies"] for stack in study["stacks"]]
    assert all(stack["reading_id"] is None for stack in stacks)
    (by_bert,) = read_all(client, study_id, BERT)
    assert listed(client, stack_ids[0]) == [by_anna["id"], by_bert["id"]]


def test_where_readers_see_each_other_their_readings_are_listed(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids, hides_readings=False)
    reading = open_next(client, study_id, ANNA)
    assert listed(client, reading["stack_id"]) == [reading["id"]]


def test_a_measurement_is_never_the_reading_that_opening_its_stack_gives(client: TestClient, stack_id: str) -> None:
    measured = open_next(client, made(client, [stack_id]), ANNA)
    own = open_reading(client, stack_id, ANNA, own=True)
    shared = open_reading(client, stack_id, ANNA)
    assert len({measured["id"], own["id"], shared["id"]}) == 3


def test_the_arm_with_proposals_is_prepared_as_every_reading(client: TestClient, stack_id: str) -> None:
    reading = open_next(client, made(client, [stack_id], arms=[WITH]), ANNA)
    assert {one["state"] for one in reading["slices"]} == {"proposed"}
    assert reading["totals"]["by_slice_thickness"]["mass_g"] > 0


def test_the_arm_without_proposals_begins_with_empty_slices_and_nothing_leaks_into_them(
    client: TestClient, stack_id: str
) -> None:
    open_reading(client, stack_id, ANNA)  # models have seen the stack
    study_id = made(client, [stack_id], arms=[WITHOUT])
    answer = ask_next(client, study_id, ANNA)
    reading = get(client, answer.json()["reading_id"])
    assert (answer.status_code, reading["state"], reading["prepared"]) == (201, "draft", 0)
    time.sleep(0.5)  # a worker would have begun by now
    reading = get(client, reading["id"])
    assert {one["state"] for one in reading["slices"]} == {"pending"}
    assert all(one["segments"] == {} for one in reading["slices"])
    url = f"/api/v1/readings/{reading['id']}"
    spread = client.get(f"{url}/spread").raise_for_status().json()
    assert (spread["check_first"], {one["spread"] for one in spread["slices"]}) == ([], {None})
    assert problem_of(client.get(f"{url}/landmarks/proposed")) == (409, "ContoursMissing")
    assert problem_of(client.get(f"{url}/segments17")) == (409, "ContoursMissing")
    methods = client.get(f"{url}/methods").raise_for_status().json()["methods"]
    assert all(one["mass"] is None for one in methods)


def test_without_proposals_none_is_drawn_for_the_asking_and_a_readers_own_prompt_is_answered(
    client: TestClient, stack_id: str
) -> None:
    reading = open_next(client, made(client, [stack_id], arms=[WITHOUT]), ANNA)
    for fields in ({}, name_of(reading, 3)):
        assert problem_of(edit(client, reading, "propose", **fields)) == (409, "ReadWithoutProposals")
    box = {"x0": 100, "y0": 100, "x1": 120, "y1": 120}
    edit(client, reading, "prompt", boxes=[box], points=[], **name_of(reading, 3)).raise_for_status()
    after = get(client, reading["id"])["slices"]
    assert after[3]["area_mm2"] > 0
    assert after[3]["warnings"] == []
    assert [one["state"] for one in after] == ["edited" if one["index"] == 3 else "pending" for one in after]


def test_only_its_reader_edits_and_signs_a_measurement(client: TestClient, stack_ids: list[str]) -> None:
    reading = open_next(client, made(client, stack_ids), ANNA)
    assert problem_of(edit(client, reading, "accept", BERT, **name_of(reading, 0))) == (409, "NotReaderOfStudy")
    decided = accept_all(client, reading)
    assert problem_of(send(client, decided, "sign", BERT)) == (409, "NotReaderOfStudy")
    assert sign(client, decided)["state"] == "signed"


def test_a_measurement_is_not_amended_and_is_no_result_of_the_patient(
    client: TestClient, context: Context, stack_ids: list[str], tmp_path: Path
) -> None:
    context.results_folder = tmp_path / "results"
    context.results_folder.mkdir()
    signed = sign(client, accept_all(client, open_next(client, made(client, stack_ids), ANNA)))
    assert signed["delivery"] is None
    assert problem_of(send(client, signed, "amend")) == (409, "MeasuredInReaderStudy")


def test_results_are_hidden_from_a_reader_who_still_reads(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids)
    read_all(client, study_id, ANNA)
    url = f"{URL}/{study_id}/results"
    plot = f"{URL}/{study_id}/comparisons/0/bland-altman"
    for path in (url, f"{url}?format=csv", plot):
        assert problem_of(client.get(path, headers=BERT)) == (409, "ReaderStudyUnfinished")
    assert len(client.get(url, headers=ANNA).raise_for_status().json()["measurements"]) == 3
    assert len(client.get(url, headers=CLEO).raise_for_status().json()["measurements"]) == 3


def test_results_tell_every_measurement_and_how_far_they_agree(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids, arms=[WITHOUT, WITH])
    signed = read_all(client, study_id, ANNA, seconds=20) + read_all(client, study_id, BERT, seconds=40)
    found = client.get(f"{URL}/{study_id}/results").raise_for_status().json()
    assert len(found["measurements"]) == 12
    by_id = {one["id"]: one for one in signed}
    for one in found["measurements"]:
        reading = by_id[one["reading_id"]]
        assert (one["mass"], one["arm"]) == (reading["totals"], reading["assignment"]["arm"])
        assert one["patient"]["id"].startswith("SMALL-")
    assert [(one["reader"][:7], one["arm"], one["n"], one["of_stacks"]) for one in found["sets"]] == [
        (reader, arm, 3, 3) for reader in ("Dr Anna", "Dr Bert") for arm in (WITHOUT, WITH)
    ]
    assert [one["mean_seconds"] for one in found["sets"]] == [20, 20, 40, 40]
    assert [one["between"] for one in found["comparisons"]] == ["readers", "readers", "arms", "arms"]
    empty, proposed, anna, _ = (one["agreement"]["slice_thickness"] for one in found["comparisons"])
    assert empty["icc"]["value"] is None  # no scar in both: nothing varies
    assert (proposed["n"], proposed["bias"]["value"]) == (3, 0)
    by_anna = [
        one["mass"] for one in found["measurements"] if one["reader"].startswith("Dr Anna") and one["arm"] == WITH
    ]
    mean = sum(mass["by_slice_thickness"]["mass_g"] for mass in by_anna) / 3
    assert mean > 0
    assert anna["bias"]["value"] == pytest.approx(-mean)


def test_the_plot_of_a_comparison_is_an_svg(client: TestClient, stack_ids: list[str]) -> None:
    study_id = made(client, stack_ids, arms=[WITH])
    url = f"{URL}/{study_id}/comparisons"
    assert problem_of(client.get(f"{url}/0/bland-altman")) == (422, "PairsInvalid")
    for headers in (ANNA, BERT):
        read_all(client, study_id, headers)
    for extent in ("slice_thickness", "slice_spacing"):
        answer = client.get(f"{url}/0/bland-altman", params={"extent": extent}).raise_for_status()
        assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
        assert "Dr Anna (unauthenticated)" in (ElementTree.fromstring(answer.text).get("aria-label") or "")
    assert problem_of(client.get(f"{url}/1/bland-altman")) == (404, "ReaderStudyNotFound")


def test_the_agreement_command_reads_what_is_exported_and_finds_the_same(
    client: TestClient, stack_ids: list[str], tmp_path: Path
) -> None:
    study_id = made(client, stack_ids, arms=[WITHOUT, WITH], repeats=2)
    assert problem_of(client.get(f"{URL}/{study_id}/results?format=csv")) == (409, "NothingMeasured")
    read_all(client, study_id, ANNA)
    files = []
    for arm in (WITHOUT, WITH):
        of_set = {"format": "csv", "reader": "Dr Anna", "arm": arm, "repeat": 1}
        answer = client.get(f"{URL}/{study_id}/results", params=of_set).raise_for_status()
        files.append(tmp_path / f"{arm}.csv")
        files[-1].write_text(answer.text)
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row["row"], row["status"], row["arm"], row["repeat"]) for row in rows] == [
            ("total", "signed", arm, "1")
        ] * 3
    ran = CliRunner().invoke(app, ["agreement", *map(str, files), "--output", str(tmp_path / "out")])
    assert ran.exit_code == 0, ran.output
    by_command = json.loads((tmp_path / "out" / "agreement.json").read_text())["agreement"]
    found = client.get(f"{URL}/{study_id}/results").json()["comparisons"]
    in_product = next(one for one in found if one["between"] == "arms")["agreement"]["slice_thickness"]
    for name in ("bias", "lower_limit", "upper_limit"):
        for part in ("value", "low", "high"):  # the export has two decimals
            assert by_command[name][part] == pytest.approx(in_product[name][part], abs=0.05)
    everything = client.get(f"{URL}/{study_id}/results", params={"format": "csv"}).raise_for_status().text
    assert len(list(csv.DictReader(io.StringIO(everything)))) == 12
