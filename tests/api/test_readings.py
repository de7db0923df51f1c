"""Readings over REST: opened, proposed, edited, undone, exported."""

import csv
import io
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from tests.conftest import small_studies, upload
from tests.fakes import EchoSegmenter
from tests.kept import Kept
from tests.services.readings.driving import prepared

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(client: TestClient, context: Context, request: pytest.FixtureRequest) -> dict:
    """The phantom patient's stack; where a test has models of its own, they prepare its reading."""
    if type(context.segmenter) is EchoSegmenter:
        kept_stack: Kept[str] = request.getfixturevalue("kept_stack")
        kept_stack.put_into(context)
        stack_id = kept_stack.told
    else:
        stack_id = upload(client, request.getfixturevalue("phantom_files"))["studies"][0]["stacks"][0]["stack_id"]
    return client.get(f"/api/v1/stacks/{stack_id}").json()


@pytest.fixture
def reading(client: TestClient, stack: dict) -> dict:
    """The stack's reading, which is prepared."""
    return prepared(client, stack["stack_id"])


def test_a_client_id_opens_one_reading_only(client: TestClient, reading: dict, tmp_path: Path) -> None:
    client_id = {"client_id": str(uuid.uuid4())}
    other, another = (
        upload(client, write_phantom(tmp_path / study.patient_id, study))["studies"][0]["stacks"][0]["stack_id"]
        for study in small_studies(2)
    )
    assert client.post(f"/api/v1/stacks/{other}/readings", json=client_id).status_code == 201
    answer = client.post(f"/api/v1/stacks/{another}/readings", json=client_id)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("ClientIdReused")


def edit(client: TestClient, reading: dict, revision: int, kind: str, index: int | None = None, **fields) -> dict:
    body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": kind, **fields}
    if index is not None:
        body["sop_instance_uid"] = reading["slices"][index]["sop_instance_uid"]
    answer = client.post(f"/api/v1/readings/{reading['id']}/edits", json=body)
    return {"status": answer.status_code, "body": body, **answer.json()}


BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}


def test_opening_an_lge_stack_proposes_a_mask_on_every_slice(reading: dict) -> None:
    assert reading["state"] == "draft"
    assert reading["revision"] == 0
    assert {s["state"] for s in reading["slices"]} == {"proposed"}
    assert reading["prepared"] == len(reading["slices"])
    assert all(s["area_mm2"] > 0 for s in reading["slices"])
    assert reading["reviewed"] == 0


def test_opening_again_returns_the_same_reading(client: TestClient, stack: dict, reading: dict) -> None:
    again = client.post(f"/api/v1/stacks/{stack['stack_id']}/readings", json={"client_id": str(uuid.uuid4())})
    assert again.status_code == 200
    assert again.json()["id"] == reading["id"]


def test_a_drawn_box_replaces_the_proposal_and_the_grams_follow(client: TestClient, stack: dict, reading: dict) -> None:
    answer = edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    assert answer["status"] == 200
    row_mm, column_mm = stack["slices"][3]["pixel_spacing_mm"]
    assert answer["slice"]["state"] == "edited"
    assert answer["slice"]["area_mm2"] == pytest.approx(12 * row_mm * column_mm)
    before = reading["totals"]["by_slice_thickness"]["mass_g"]
    change = (answer["slice"]["area_mm2"] - reading["slices"][3]["area_mm2"]) * stack["slices"][3]["slice_thickness_mm"]
    assert answer["totals"]["by_slice_thickness"]["mass_g"] == pytest.approx(before + change * 1.05e-3)
    stored = client.get(f"/api/v1/readings/{reading['id']}").json()
    assert stored["slices"][3] == answer["slice"]
    assert stored["revision"] == 1


def test_undo_brings_back_what_was_there_and_redo_the_edit(client: TestClient, reading: dict) -> None:
    edited = edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    undone = edit(client, reading, 1, "undo")
    assert undone["slice"] == reading["slices"][3]
    assert (undone["can_undo"], undone["can_redo"]) == (False, True)
    redone = edit(client, reading, 2, "redo")
    assert redone["slice"] == edited["slice"]
    assert client.get(f"/api/v1/readings/{reading['id']}").json()["slices"][3] == edited["slice"]


def test_undo_without_an_edit_is_a_conflict_not_an_error(client: TestClient, reading: dict) -> None:
    answer = edit(client, reading, 0, "undo")
    assert answer["status"] == 409
    assert answer["type"].endswith("NothingToUndo")


def test_the_same_edit_sent_twice_counts_once(client: TestClient, reading: dict) -> None:
    first = edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    edit(client, reading, 1, "prompt", 4, boxes=[BOX])
    again = client.post(f"/api/v1/readings/{reading['id']}/edits", json=first["body"])
    assert again.status_code == 200
    assert again.json() == {key: value for key, value in first.items() if key not in ("status", "body")}
    assert client.get(f"/api/v1/readings/{reading['id']}").json()["revision"] == 2


def test_a_client_id_with_another_body_is_refused(client: TestClient, reading: dict) -> None:
    body = edit(client, reading, 0, "prompt", 3, boxes=[BOX])["body"]
    answer = client.post(f"/api/v1/readings/{reading['id']}/edits", json={**body, "kind": "clear", "boxes": []})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("ClientIdReused")


def test_an_edit_on_an_old_revision_is_refused(client: TestClient, reading: dict) -> None:
    edit(client, reading, 0, "no_scar", 2)
    answer = edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    assert answer["status"] == 409
    assert answer["type"].endswith("RevisionStale")


def test_no_scar_and_accept_count_as_reviewed_and_clear_does_not(client: TestClient, reading: dict) -> None:
    assert edit(client, reading, 0, "no_scar", 0)["reviewed"] == 1
    assert edit(client, reading, 1, "accept", 1)["reviewed"] == 2
    cleared = edit(client, reading, 2, "clear", 1)
    assert (cleared["reviewed"], cleared["slice"]["state"], cleared["slice"]["mask"]) == (1, "pending", None)
    assert edit(client, reading, 3, "accept", 1)["status"] == 409


def test_a_whole_stack_proposal_keeps_what_the_reader_decided_and_is_one_edit_and_one_undo(
    client: TestClient, reading: dict
) -> None:
    edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    edit(client, reading, 1, "no_scar", 0)
    edit(client, reading, 2, "exclude", 1)
    decided = edit(client, reading, 3, "clear", 2)
    proposed = edit(client, reading, 4, "propose")
    assert [s["index"] for s in proposed["slices"]] == [2, *range(4, len(reading["slices"]))]
    undone = edit(client, reading, 5, "undo")
    assert undone["totals"] == decided["totals"]


def test_a_stack_that_the_reader_decided_on_has_nothing_to_propose(client: TestClient, reading: dict) -> None:
    for index in range(len(reading["slices"])):
        edit(client, reading, index, "no_scar", index)
    answer = edit(client, reading, len(reading["slices"]), "propose")
    assert (answer["status"], answer["type"]) == (409, "urn:scarmass:problem:NothingToPropose")
    one = edit(client, reading, len(reading["slices"]), "propose", 3)
    assert one["slice"]["state"] == "proposed"


def test_the_history_names_every_edit_its_reader_and_whether_it_counts(client: TestClient, reading: dict) -> None:
    url = f"/api/v1/readings/{reading['id']}/edits"
    assert client.get(url).json() == {"edits": [], "next_cursor": None}
    client.headers["X-Reader"] = quote("Dr Müller 王")
    edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    edit(client, reading, 1, "no_scar", 0)
    edit(client, reading, 2, "undo")
    told = client.get(url).json()["edits"]
    assert [(e["revision"], e["kind"], e["standing"]) for e in told] == [
        (3, "undo", "step"),
        (2, "no_scar", "undone"),
        (1, "prompt", "live"),
    ]
    assert {e["author"] for e in told} == {"Dr Müller 王 (unauthenticated)"}
    assert told[-1]["slices"][0]["sop_instance_uid"] == reading["slices"][3]["sop_instance_uid"]
    first = client.get(url, params={"limit": 2}).json()
    rest = client.get(url, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert first["edits"] + rest["edits"] == told
    assert rest["next_cursor"] is None
    assert client.get(f"/api/v1/readings/{uuid.uuid4()}/edits").status_code == 404


def test_a_prompt_outside_the_slice_is_refused_by_name(client: TestClient, reading: dict) -> None:
    answer = edit(client, reading, 0, "prompt", 3, boxes=[{**BOX, "x1": 5000.0}])
    assert answer["status"] == 422
    assert answer["type"].endswith("PromptOutsideImage")


def test_the_csv_marks_the_draft_in_its_name_and_every_row(client: TestClient, stack: dict, reading: dict) -> None:
    edit(client, reading, 0, "prompt", 3, boxes=[BOX])
    answer = client.get(f"/api/v1/readings/{reading['id']}/export", params={"format": "csv"})
    of = len(stack["slices"])
    name = f"DRAFT_PHANTOM-001_20260105_scar-mass_0-of-{of}_r1.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["status"] for row in rows} == {"DRAFT"}
    assert {row["patient_id"] for row in rows} == {stack["patient"]["id"]}
    total = next(row for row in rows if row["row"] == "total")
    slices = [row for row in rows if row["row"] == "slice"]
    assert len(slices) == len(stack["slices"])
    for column in ("mass_g_by_slice_thickness", "mass_g_by_slice_spacing", "area_mm2"):
        assert float(total[column]) == pytest.approx(sum(float(row[column]) for row in slices), abs=0.1 * of)
        assert all(len(row[column].partition(".")[2]) <= 2 for row in rows)
    assert [row["slice"] for row in rows] == [*map(str, range(1, of + 1)), ""]
    assert all(float(row["density_g_per_ml"]) == 1.05 for row in rows)


def test_structures_beside_scar_have_masks_and_grams_of_their_own(
    client: TestClient, stack: dict, reading: dict
) -> None:
    drawn = edit(client, reading, 0, "prompt", 3, boxes=[BOX], structure="left_ventricle")
    row_mm, column_mm = stack["slices"][3]["pixel_spacing_mm"]
    ventricle = drawn["slice"]["segments"]["left_ventricle"]
    assert ventricle["area_mm2"] == pytest.approx(12 * row_mm * column_mm)
    assert (ventricle["origin"], ventricle["boxes"]) == ("prompt", [BOX])
    assert (drawn["slice"]["state"], drawn["totals"]) == ("proposed", reading["totals"])
    scar = drawn["slice"]["segments"]["scar"]
    assert (scar["origin"], scar["mask"]) == ("proposed", reading["slices"][3]["mask"])
    extent_mm = stack["slices"][3]["slice_thickness_mm"]
    others_mm2 = sum(one["segments"]["left_ventricle"]["area_mm2"] for one in reading["slices"] if one["index"] != 3)
    by_thickness = drawn["structures"]["left_ventricle"]["by_slice_thickness"]
    assert by_thickness["mass_g"] == pytest.approx((ventricle["area_mm2"] + others_mm2) * extent_mm * 1.05e-3)
    assert drawn["structures"]["scar"] == drawn["totals"]
    left_out = edit(client, reading, 1, "exclude", 3)
    left_out_g = left_out["structures"]["left_ventricle"]["by_slice_thickness"]["mass_g"]
    assert left_out_g == pytest.approx(others_mm2 * extent_mm * 1.05e-3)
    undone = edit(client, reading, edit(client, reading, 2, "undo")["revision"], "undo")
    assert undone["slice"] == reading["slices"][3]
    assert undone["structures"] == reading["structures"]
