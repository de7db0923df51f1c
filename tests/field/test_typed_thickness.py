"""A slice thickness that the headers lack is typed by a reader: it counts, and the number says that it was typed."""

import csv
import io
import uuid

import pytest
from fastapi.testclient import TestClient
from pydicom.uid import generate_uid

from scarmass.services.context import Context
from tests.field.slices import SHAPE, dicom_slice, encoded
from tests.waiting import wait_until

PIXELS = 100
MASK = {"size": SHAPE, "counts": [0, PIXELS, SHAPE[0] * SHAPE[1] - PIXELS]}
GRAMS_BY_8_MM = 3 * PIXELS * 1.5 * 1.25 * 8 * 1.05 / 1000


def imported(client: TestClient, thickness_mm: float | None) -> str:
    """The address of the stack of three slices, which is not read as late enhancement."""
    study, series = generate_uid(), generate_uid()
    slices = [dicom_slice(study, series, 10.0 * at, "cine", thickness_mm=thickness_mm) for at in range(3)]
    contents = [("files", (f"{at}.dcm", encoded(one))) for at, one in enumerate(slices)]
    study = client.post("/api/v1/studies", files=contents).raise_for_status().json()["studies"][0]
    return f"/api/v1/stacks/{study['stacks'][0]['stack_id']}"


def painted(client: TestClient, stack: str) -> str:
    """The address of a reading of the stack with a mask on each slice."""
    reading = client.post(f"{stack}/readings", json={"client_id": str(uuid.uuid4())}).raise_for_status().json()
    url = f"/api/v1/readings/{reading['id']}"
    for revision, one in enumerate(reading["slices"]):
        name = {key: one[key] for key in ("sop_instance_uid", "frame_number")}
        edit = {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": "paint", "mask": MASK, **name}
        client.post(f"{url}/edits", json=edit).raise_for_status()
    return url


def type_thickness(client: TestClient, stack: str, mm: object) -> int:
    return client.patch(stack, json={"slice_thickness_mm": mm}, headers={"X-Reader": "Dr A"}).status_code


def test_a_typed_thickness_counts_in_the_reading_the_worklist_and_the_export(client: TestClient) -> None:
    stack = imported(client, None)
    reading = painted(client, stack)
    before = client.get(reading).json()
    assert (before["totals"]["by_slice_thickness"], before["mass_g"]) == (None, None)
    listed = client.get("/api/v1/studies").json()["studies"][0]["stacks"][0]["reading"]["mass_g"]
    assert listed is None
    assert type_thickness(client, stack, 8) == 200
    now = client.get(reading).json()
    assert now["mass_g"] == now["totals"]["by_slice_thickness"]["mass_g"] == pytest.approx(GRAMS_BY_8_MM)
    assert now["totals"]["by_slice_spacing"] == before["totals"]["by_slice_spacing"]
    assert now["revision"] == before["revision"]
    listed = client.get("/api/v1/studies").json()["studies"][0]["stacks"][0]["reading"]["mass_g"]
    assert listed == pytest.approx(GRAMS_BY_8_MM)
    rows = list(csv.DictReader(io.StringIO(client.get(f"{reading}/export").text)))
    assert {row["slice_thickness_typed_by"].rsplit(",")[0] for row in rows} == {"Dr A (unauthenticated)"}
    assert {float(row["slice_thickness_mm"]) for row in rows if row["row"] == "slice"} == {8.0}


def test_an_edit_answers_with_what_was_typed_while_models_answered(client: TestClient, context: Context) -> None:
    stack = imported(client, None)
    reading = painted(client, stack)
    wait_until(lambda: client.get(reading).json()["state"] == "draft")
    before = client.get(reading).json()
    context.segmenter.before_answer = lambda _: type_thickness(client, stack, 8)  # type: ignore[attr-defined]
    on = {key: before["slices"][1][key] for key in ("sop_instance_uid", "frame_number")}
    edit = {"client_id": str(uuid.uuid4()), "expected_revision": before["revision"], "kind": "prompt", **on}
    box = {"x0": 2.0, "y0": 2.0, "x1": 6.0, "y1": 6.0}
    answer = client.post(f"{reading}/edits", json={**edit, "boxes": [box]}).raise_for_status().json()
    assert answer["totals"]["by_slice_thickness"] is not None
    assert answer["totals"] == client.get(reading).json()["totals"]


def test_the_stack_says_who_typed_it(client: TestClient) -> None:
    stack = imported(client, None)
    type_thickness(client, stack, 7.5)
    now = client.get(stack).json()
    assert {one["slice_thickness_mm"] for one in now["slices"]} == {7.5}
    assert (now["typed_thickness"]["mm"], now["typed_thickness"]["author"]) == (7.5, "Dr A (unauthenticated)")
    assert any("SliceThickness is missing: Dr A (unauthenticated) typed 7.5 mm" in said for said in now["warnings"])


def test_a_typed_thickness_that_makes_slices_overlap_moves_the_headline_to_spacing(client: TestClient) -> None:
    stack = imported(client, None)
    type_thickness(client, stack, 20)
    assert client.get(stack).json()["mass_extent"] == "slice_spacing"


def test_a_thickness_that_the_headers_have_is_not_typed_over(client: TestClient) -> None:
    stack = imported(client, 8)
    assert type_thickness(client, stack, 6) == 409
    assert {one["slice_thickness_mm"] for one in client.get(stack).json()["slices"]} == {8}


@pytest.mark.parametrize("mm", [0, -8, 1000, "thick", True])
def test_what_is_no_thickness_is_refused(client: TestClient, mm: object) -> None:
    assert type_thickness(client, imported(client, None), mm) == 422
