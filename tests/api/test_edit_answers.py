"""What an edit answers is what is stored, and costs as much however many edits came before."""

import uuid

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from scarmass.services.context import Context
from tests.kept import Kept
from tests.services.readings.driving import prepared

pytestmark = pytest.mark.slow

BOX = {"x0": 10.0, "y0": 20.0, "x1": 14.0, "y1": 23.0}
RING = [[20.0, 20.0], [44.0, 20.0], [44.0, 44.0], [20.0, 44.0]]


@pytest.fixture
def reading(client: TestClient, context: Context, kept_stack: Kept[str]) -> dict:
    """The phantom patient's, which is prepared."""
    kept_stack.put_into(context)
    return prepared(client, kept_stack.told)


def body(reading: dict, revision: int, kind: str, index: int | None, **fields: object) -> dict:
    on = {} if index is None else {"sop_instance_uid": reading["slices"][index]["sop_instance_uid"]}
    return {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": kind, **on, **fields}


def test_an_edit_of_any_kind_answers_what_is_read_back(client: TestClient, reading: dict) -> None:
    names = [{"sop_instance_uid": one["sop_instance_uid"]} for one in reading["slices"]]
    insertions = {"anterior_insertion": {**names[1], "x": 20.0, "y": 20.0}, "inferior_insertion": None}
    gestures = [
        ("prompt", 0, {"boxes": [BOX], "points": [{"x": 12.0, "y": 21.0, "positive": True}]}),
        ("paint", 1, {"mask": reading["slices"][0]["mask"]}),
        ("paint", 1, {"mask": reading["slices"][0]["mask"], "structure": "no_reflow"}),
        ("accept", 0, {}),
        ("contour", 0, {"structure": "left_ventricle", "contour": RING, "slices": names[1:2]}),
        ("contour", 0, {"structure": "blood_pool", "contour": RING, "slices": names[1:2]}),
        ("remove_part", 0, {"point": {"x": 12.0, "y": 21.0}}),
        ("undo", None, {}),
        ("redo", None, {}),
        ("undo", None, {}),
        ("no_scar", 2, {}),
        ("exclude", 1, {}),
        ("include", 1, {}),
        ("clear", 1, {}),
        ("accept", None, {"slices": names[3:4]}),
        ("wall", None, {"papillary_muscles": True}),
        ("sensitivity", None, {"sensitivity": 1.0, "follows": False}),
        ("threshold", 3, {"method": {"name": "otsu"}}),
        ("landmark", None, {"landmarks": insertions}),
        ("pattern", None, {"pattern": {"layer": "mid_wall", "ischaemic": False}}),
        ("propose", None, {}),
        ("prompt", 2, {"boxes": [BOX]}),
    ]
    url = f"/api/v1/readings/{reading['id']}"
    for revision, (kind, index, fields) in enumerate(gestures):
        sent = body(reading, revision, kind, index, **fields)
        answer = client.post(f"{url}/edits", json=sent)
        assert answer.status_code == 200, (kind, answer.json())
        assert client.post(f"{url}/edits", json=sent).json() == answer.json(), kind
        whole, told = client.get(url).json(), answer.json()
        assert {name: whole[name] for name in told if name not in ("slice", "slices", "images")} == {
            name: value for name, value in told.items() if name not in ("slice", "slices", "images")
        }, kind
        assert all(one == whole["slices"][one["index"]] for one in told["slices"]), kind


def test_an_edit_reads_as_many_rows_however_long_the_history_is(
    client: TestClient, context: Context, reading: dict
) -> None:
    read: list[int] = []

    @event.listens_for(context.database.engine, "after_cursor_execute")
    def count(connection, cursor, statement: str, *_) -> None:
        if any(table in statement for table in ("FROM edits", "FROM slice_changes", "FROM segment_changes")):
            read.append(cursor.rowcount)

    def rows_of(revision: int, kind: str, index: int | None, **fields: object) -> int:
        read.clear()
        sent = body(reading, revision, kind, index, **fields)
        client.post(f"/api/v1/readings/{reading['id']}/edits", json=sent).raise_for_status()
        return sum(read)

    def edit(revision: int) -> int:
        drawn = {**BOX, "x1": BOX["x1"] + revision % 7}
        return rows_of(revision, "prompt", revision % 3, boxes=[drawn])

    first = [edit(revision) for revision in range(6)]
    undone = rows_of(6, "undo", None)
    for revision in range(7, 60):
        edit(revision)
    assert [edit(revision) for revision in range(60, 66)] == first[-1:] * 6
    assert rows_of(66, "undo", None) == undone
