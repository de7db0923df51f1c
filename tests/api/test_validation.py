"""A body that is wrong in a million places is refused for the first few."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

MANY = 50_000
SLICE = {"sop_instance_uid": "1.2.3"}
EDIT = {"client_id": "00000000-0000-0000-0000-000000000000", "expected_revision": 0, "kind": "prompt"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("segment", {**SLICE, "points": ["a"] * MANY}),
        ("segment", {**SLICE, "boxes": [{"x0": "a"}] * MANY}),
        ("segment", {**SLICE, "previous": {"size": [1, 1], "counts": [[]] * MANY}}),
        ("segment", {f"field_{n}": 0 for n in range(MANY)}),
        ("segment", {**SLICE, "points": [{f"field_{n}": 0 for n in range(MANY)}]}),
        ("detect", {"slices": [[]] * MANY}),
        ("detect", {"stack_id": "a", "structures": [[]] * MANY}),
        ("mass", {"stack_id": "a", "masks": [0] * MANY}),
        ("readings/00000000-0000-0000-0000-000000000000/edits", {**EDIT, "slices": [0] * MANY}),
        ("readings/00000000-0000-0000-0000-000000000000/edits", {**EDIT, "points": [0] * MANY}),
    ],
)
def test_few_errors_are_found_in_a_body_of_many(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/v1/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert 1 <= len(answer.json()["errors"]) <= 10


def test_a_misspelt_field_is_still_named(client: TestClient) -> None:
    answer = client.post("/api/v1/segment", json={**SLICE, "pionts": []})
    assert "pionts" in answer.json()["detail"]


def test_a_body_nested_without_end_is_refused(client: TestClient) -> None:
    answer = client.post("/api/v1/segment", content=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


def test_more_than_a_hand_draws_on_a_slice_is_refused_together(client: TestClient) -> None:
    points = [{"x": 1, "y": 1, "positive": True}] * 12
    boxes = [{"x0": 1, "y0": 1, "x1": 2, "y1": 2}] * 13
    answer = client.post("/api/v1/segment", json={**SLICE, "boxes": boxes, "points": points})
    assert answer.status_code == 422
    assert "at most 24 boxes and points" in answer.json()["detail"]
    assert client.post("/api/v1/segment", json={**SLICE, "boxes": boxes[1:], "points": points}).status_code == 404
