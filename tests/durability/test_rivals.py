"""Many readers edit one reading at once: what was acknowledged is in its history once, and nothing else is.

SCARMASS_EDITS sets how many edits each of them makes (5 by default).
"""

import os
import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from scarmass.phantom.demonstration import write_phantom
from scarmass.storage.embedded_postgres import embedded_postgres
from tests.api.signing import get, open_reading
from tests.conftest import small_studies
from tests.durability.rivals import Rival, Sent
from tests.durability.running import server

pytestmark = pytest.mark.slow

READERS = 20
EDITS = int(os.environ.get("SCARMASS_EDITS", "5"))
REPLAYED = 4
"""Readings, the shared one first, that are made again elsewhere, edit by edit."""


def of_reader(number: int) -> dict[str, str]:
    return {"X-Reader": f"Dr {number}"}


def acknowledged(rivals: Sequence[Rival], reading_id: str) -> list[Sent]:
    """In the order of their revisions."""
    of_reading = [one for rival in rivals for one in rival.sent if one.reading_id == reading_id]
    return sorted((one for one in of_reading if one.revision), key=lambda one: one.revision or 0)


def stored(folder: Path) -> dict[str, list[tuple[int, str]]]:
    """(revision, client id) of every edit, in order, of every reading that has any."""
    found = defaultdict(list)
    with embedded_postgres(folder / "postgres") as url, psycopg.connect(url) as connection:
        query = "select reading_id::text, revision, client_id::text from edits order by revision"
        for reading_id, *edit in connection.execute(query):
            found[reading_id].append(tuple(edit))
    return dict(found)


def told(api: httpx.Client | TestClient, reading_id: str) -> dict:
    """All that a reading tells but for its own id."""
    reading = get(api, reading_id)
    del reading["id"]
    return reading


def test_of_twenty_readers_edits_each_that_was_acknowledged_is_there_once_and_no_other(
    folder: Path, tmp_path: Path, client: TestClient
) -> None:
    paths = write_phantom(tmp_path / "study", next(small_studies(1)))
    with server(folder) as (_, api), httpx.Client(base_url=api.base_url.join("/"), timeout=60) as http:
        stack_id = stack_of(http, paths)
        shared = open_reading(http, stack_id, of_reader(0))
        slices = shared["images"]

        def edited(number: int) -> Rival:
            own = open_reading(http, stack_id, of_reader(number), own=True)
            rival = Rival(http, f"Dr {number}", slices, random.Random(number), {shared["id"]: 0, own["id"]: 0})
            rival.edit(EDITS)
            return rival

        with ThreadPoolExecutor(READERS) as threads:
            rivals = list(threads.map(edited, range(READERS)))
        ids = list(dict.fromkeys(reading_id for rival in rivals for reading_id in rival.known))
        edits = {reading_id: acknowledged(rivals, reading_id) for reading_id in ids}
        assert stored(folder) == {
            reading_id: [(number, one.body["client_id"]) for number, one in enumerate(edits[reading_id], 1)]
            for reading_id in ids
            if edits[reading_id]
        }
        states = {reading_id: told(http, reading_id) for reading_id in ids[:REPLAYED]}
    assert len({one.reader for one in edits[shared["id"]]}) > 3, "they were no rivals"
    assert any(one.revision is None for rival in rivals for one in rival.sent), "nothing was stale"
    elsewhere = stack_of(client, paths)
    for number, reading_id in enumerate(states):
        again = open_reading(client, elsewhere, of_reader(number - 1), own=number > 0)
        for one in edits[reading_id]:
            url = f"/api/v1/readings/{again['id']}/edits"
            client.post(url, json=one.body, headers={"X-Reader": one.reader}).raise_for_status()
        assert told(client, again["id"]) == states[reading_id]


def stack_of(api: httpx.Client | TestClient, paths: Sequence[Path]) -> str:
    """The id of the stack of these files, uploaded."""
    files = [("files", (path.name, path.read_bytes())) for path in paths]
    answer = api.post("/api/v1/studies", files=files).raise_for_status()
    return answer.json()["studies"][0]["stacks"][0]["stack_id"]
