"""The network to PostgreSQL is cut: requests are refused in words, and what was acknowledged is there once."""

import os
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from scarmass.domain.errors import DatabaseUnavailable
from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage.database import ANSWERS_WITHIN_S, Database
from scarmass.storage.local_store import LocalStore
from tests.api.signing import ANNA, get, name_of, of_request, open_reading, problem_of
from tests.conftest import application, small_studies, upload
from tests.durability.cut import Line, Proxy, proxy
from tests.fakes import EchoSegmenter, FakeDetector

pytestmark = pytest.mark.slow


@pytest.fixture
def line(postgres: str) -> Iterator[Proxy]:
    """The network between server and PostgreSQL."""
    with proxy(Path(str(make_url(postgres).query["host"])) / ".s.PGSQL.5432") as line:
        yield line


@pytest.fixture
def away(database: Database, line: Proxy) -> Iterator[Database]:
    """The database, as it is reached through that network."""
    url = make_url(database.conninfo)
    far = Database(url.set(host="127.0.0.1", port=line.port, query={}).render_as_string(hide_password=False))
    yield far
    line.set(Line.WHOLE)
    far.close()


@pytest.fixture
def client(away: Database, files: LocalStore) -> Iterator[TestClient]:
    with TestClient(application(Context(away, files, FakeDetector(), EchoSegmenter()))) as client:
        yield client


@pytest.fixture
def reading(client: TestClient, tmp_path: Path) -> dict:
    paths = write_phantom(tmp_path / "study", next(small_studies(1)))
    return open_reading(client, upload(client, paths)["studies"][0]["stacks"][0]["stack_id"], ANNA)


def post(client: TestClient, reading: dict, body: dict):
    return client.post(f"/api/v1/readings/{reading['id']}/edits", json=body, headers=ANNA)


def decision(reading: dict, revision: int) -> dict:
    return {**of_request(revision), "kind": "no_scar", **name_of(reading, revision)}


@pytest.mark.parametrize("cut", [Line.RESET, Line.REFUSED])
def test_while_the_database_is_away_edits_are_refused_and_afterwards_the_same_ones_are_taken(
    client: TestClient, reading: dict, line: Proxy, cut: Line
) -> None:
    post(client, reading, decision(reading, 0)).raise_for_status()
    line.set(cut)
    body = decision(reading, 1)
    refused = post(client, reading, body)
    assert problem_of(refused) == (503, "DatabaseUnavailable")
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    line.set(Line.WHOLE)
    assert post(client, reading, body).raise_for_status().json()["revision"] == 2
    assert get(client, reading["id"])["revision"] == 2


def test_an_edit_whose_connection_breaks_at_any_moment_is_there_once(
    client: TestClient, reading: dict, line: Proxy
) -> None:
    chance = random.Random(4)
    refused = 0

    def edit(times: int) -> None:
        nonlocal refused
        for revision in range(times):
            body = {**of_request(revision), "kind": "sensitivity", "sensitivity": 1.0 + revision % 2}
            while (answer := post(client, reading, body)).status_code == 503:
                refused += 1
            assert answer.raise_for_status().json()["revision"] == revision + 1

    with ThreadPoolExecutor(1) as thread:
        editing = thread.submit(edit, 30)
        while not editing.done():
            time.sleep(chance.uniform(0.01, 0.2))
            line.set(Line.RESET)
            time.sleep(0.01)
            line.set(Line.WHOLE)
        editing.result()
    assert refused
    edits = client.get(f"/api/v1/readings/{reading['id']}/edits").json()["edits"]
    assert sorted(edit["revision"] for edit in edits) == list(range(1, 31))


def test_a_database_that_is_silent_for_as_long_as_its_url_says_is_away(away: Database, line: Proxy) -> None:
    url = make_url(away.conninfo).update_query_dict({"connect_timeout": "2"})
    silent = Database(url.render_as_string(hide_password=False))
    line.set(Line.STALLED)
    with pytest.raises(DatabaseUnavailable), silent.transaction() as session:
        session.connection()
    line.set(Line.WHOLE)
    with silent.transaction() as session:
        session.connection()
    silent.close()


def test_a_connection_whose_other_end_is_silent_is_given_up(away: Database) -> None:
    with away.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as its:
            assert its.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * ANSWERS_WITHIN_S
            assert its.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
