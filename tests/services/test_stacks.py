"""What a reader decides about a stack against its headers: it counts, it is recorded, and open pages hear of it."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from scarmass.services.context import Context
from scarmass.services.readings.follow import latest_event, reading_since
from scarmass.storage.tables import StackChangeRow
from tests.conftest import upload
from tests.services.readings.test_imports import opened

pytestmark = pytest.mark.slow


def test_who_overruled_a_header_and_when_is_recorded(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    url = "/api/v1/stacks/" + upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    client.patch(url, json={"contrast": "psir"}, headers={"X-Reader": "Dr A"})
    client.patch(url, json={"is_lge": False}, headers={"X-Reader": "Dr B"})
    now = client.get(url).json()
    assert (now["contrast"], now["is_lge"], now["is_lge_because"]) == ("psir", False, "set by the reader")
    with context.database.transaction() as session:
        recorded = session.scalars(select(StackChangeRow).order_by(StackChangeRow.id)).all()
    assert [row.change for row in recorded] == [{"contrast": "psir"}, {"is_lge": False}]
    assert [row.author for row in recorded] == ["Dr A (unauthenticated)", "Dr B (unauthenticated)"]
    assert recorded[0].created_at <= recorded[1].created_at


def test_a_change_of_the_stack_is_an_event_for_those_who_follow_its_reading(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    reading = opened(client, upload(client, phantom_files[1:])["studies"][0]["stacks"][0]["stack_id"])
    reading_id = uuid.UUID(reading["id"])
    seen = latest_event(context, reading_id)
    assert not reading_since(context, reading_id, seen).has_other_stack
    client.patch(f"/api/v1/stacks/{reading['stack_id']}", json={"contrast": "psir"})
    patched = reading_since(context, reading_id, seen)
    assert patched.has_other_stack
    upload(client, phantom_files[:1])
    grown = reading_since(context, reading_id, patched.event_id)
    assert grown.has_other_stack
    assert grown.reading.growth is not None
