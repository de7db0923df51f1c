"""Migrations on a real PostgreSQL."""

import csv
import io
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import version
from math import isclose
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb
from sqlalchemy import create_engine, inspect

from scarmass.domain.pacs import ResultKind
from scarmass.paths import MIGRATIONS
from scarmass.services.readings.export import DIGITS
from scarmass.storage import deletions, report_texts, transfers
from scarmass.storage.database import Database, migrate, psycopg_url
from scarmass.storage.deletions import Target
from scarmass.storage.tables import Table, is_ours
from scarmass.storage.training_consents import consented_studies
from tests.api.signing import problem_of
from tests.storage import older_revisions

pytestmark = pytest.mark.slow


@pytest.fixture(params=older_revisions.REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def then(revision: str) -> dict[str, Any]:
    return older_revisions.answers(revision)


@pytest.fixture
def database(revision: str, new_database: Callable[[], str]) -> Iterator[Database]:
    """A database of an earlier version brought to the newest schema; the application of `client` works on it."""
    url = new_database()
    older_revisions.restore(revision, url)
    migrate(url)
    database = Database(psycopg_url(url))
    yield database
    database.close()


def test_up_down_up_ends_in_exactly_the_tables_of_the_code(new_database: Callable[[], str]) -> None:
    url = new_database()
    engine = create_engine(psycopg_url(url))
    migrate(url)
    migrate(url, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


def test_the_schema_of_jobs_is_that_of_the_installed_procrastinate() -> None:
    """Where this fails, procrastinate was upgraded: its sql/migrations since then make a migration of ours."""
    of_jobs = ScriptDirectory(str(MIGRATIONS)).get_revision("0004")
    assert version("procrastinate") == of_jobs.module.PROCRASTINATE


def test_a_database_is_ready_only_when_it_answers_and_is_migrated(new_database: Callable[[], str]) -> None:
    url = new_database()
    database = Database(url)
    assert not database.is_ready()
    migrate(url)
    assert database.is_ready()
    database.close()
    nowhere = Database("postgresql://127.0.0.1:1/nothing")
    assert not nowhere.is_ready()


def test_a_database_of_an_earlier_version_keeps_every_reading(client: TestClient, then: dict) -> None:
    assert_same(then["studies"], get(client, "studies"))
    for stack_id, stack in then["stacks"].items():
        assert_same(stack, get(client, f"stacks/{stack_id}"))
    for reading_id, reading in then["readings"].items():
        now = get(client, f"readings/{reading_id}")
        assert_same(reading["reading"], now)
        decided = [one["state"] in ("accepted", "no_scar", "excluded") for one in reading["reading"]["slices"]]
        assert now["reviewed"] == sum(decided)
        assert_same(reading["history"], history(client, reading_id))
        assert_same(rounded(reading["csv"]), rounded(export(client, reading_id)))


def test_a_study_of_an_earlier_version_is_taken_off_the_worklist_and_brought_back(client: TestClient) -> None:
    study = get(client, "studies")["studies"][0]
    assert (study["accession_number"], study["removal"]) == ("", None)
    for removed in (True, False):
        url = f"/api/v1/studies/{study['study_instance_uid']}"
        client.patch(url, json={"removed": removed}).raise_for_status()
        assert (study in get(client, "studies")["studies"]) is not removed


def test_what_was_edited_before_the_migration_is_undone_and_redone_as_before(client: TestClient, then: dict) -> None:
    for reading_id, reading in then["readings"].items():
        for after in reading["after_undos"]:
            step(client, reading_id, "undo")
            assert_same(after, get(client, f"readings/{reading_id}"))
        assert is_signed(reading["reading"]) or not get(client, f"readings/{reading_id}")["can_undo"]
        for _ in reading["after_undos"]:
            step(client, reading_id, "redo")
        now = get(client, f"readings/{reading_id}")
        for unchanged in ("slices", "totals", "mass_g", "can_undo", "can_redo"):
            assert_same(reading["reading"][unchanged], now[unchanged])


def test_an_edit_sent_before_the_migration_and_again_after_it_answers_the_same(client: TestClient, then: dict) -> None:
    for sent in then["edits_sent"]:
        again = client.post(f"/api/v1/readings/{sent['reading_id']}/edits", json=sent["request"])
        assert again.status_code == 200, again.text
        assert_same(sent["answer"], again.json())


def test_what_was_read_before_reader_studies_is_in_none_and_its_stacks_can_be_measured_in_one(
    client: TestClient, then: dict
) -> None:
    assert all(get(client, f"readings/{reading_id}")["assignment"] is None for reading_id in then["readings"])
    stack_ids = list({reading["reading"]["stack_id"] for reading in then["readings"].values()})
    body = {"client_id": str(uuid.uuid4()), "name": "Agreement", "stack_ids": stack_ids, "readers": ["Dr Anna"]}
    made = client.post("/api/v1/reader-studies", json={**body, "arms": ["without_proposals"]}).raise_for_status()
    url = f"/api/v1/reader-studies/{made.json()['id']}/next"
    opened = client.post(url, json={"client_id": str(uuid.uuid4())}, headers={"X-Reader": "Dr Anna"})
    assert opened.status_code == 201, opened.text
    assert opened.json()["reading_id"] not in then["readings"]


def test_what_was_read_before_there_was_a_network_can_be_sent_over_it(
    client: TestClient, database: Database, then: dict
) -> None:
    assert get(client, "pacs/transfers")["transfers"] == []
    assert get(client, "pacs/arrivals")["arrivals"] == []
    for reading_id, reading in then["readings"].items():
        stack_id = reading["reading"]["stack_id"]
        study_uid = get(client, f"stacks/{stack_id}")["study_instance_uid"]
        asked = (uuid.uuid4(), "PACS", uuid.UUID(reading_id), study_uid, (ResultKind.SEG,), "Dr Anna")
        with database.transaction() as session:
            assert transfers.add_send(session, *asked)[1]
    sent = get(client, "pacs/transfers")["transfers"]
    assert {one["reading_id"] for one in sent} == set(then["readings"])
    assert all(one["patient"] is not None for one in sent)


def test_models_learn_from_no_study_of_an_earlier_version_before_its_consent_is_given(
    client: TestClient, database: Database, then: dict
) -> None:
    uid = then["studies"]["studies"][0]["study_instance_uid"]
    assert all(one["training_consent"]["state"] == "not_asked" for one in get(client, "studies")["studies"])
    client.put(f"/api/v1/studies/{uid}/training-consent", json={"state": "given"}).raise_for_status()
    with database.transaction() as session:
        assert consented_studies(session) == [uid]


@pytest.mark.parametrize("revision", ["0015"])
def test_a_consent_that_was_withdrawn_stays_so_where_a_database_goes_back_and_forth(
    client: TestClient, database: Database, then: dict
) -> None:
    uid = then["studies"]["studies"][0]["study_instance_uid"]
    for state in ("given", "withdrawn"):
        client.put(f"/api/v1/studies/{uid}/training-consent", json={"state": state}).raise_for_status()
    said = get(client, f"studies/{uid}")["training_consent"]
    migrate(database.conninfo, "0020")
    migrate(database.conninfo)
    assert get(client, f"studies/{uid}")["training_consent"] == said


def test_a_deletion_that_an_earlier_version_left_waiting_goes_on_and_one_that_it_ended_stays_as_it_is(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    migrate(url, "0024")
    target = {key: [] for key in ("gone", "objects", "readings", "transfers", "files")} | {"studies": ["1.2.3"]}
    waiting, ended = uuid.uuid4(), uuid.uuid4()
    with psycopg.connect(url) as connection:
        for deletion_id, left in ((waiting, Jsonb(target | {"patient_id": "17"})), (ended, None)):
            connection.execute(
                "insert into deletions (id, client_id, patient_hash, whole_patient, although_signed, reason, asked_by,"
                " target, counts, sent_to) values (%s, gen_random_uuid(), 'ab', true, false, 'other', 'Dr Anna',"
                " %s, '{}', '[]')",
                [deletion_id, left],
            )
    migrate(url)
    database = Database(psycopg_url(url))
    with database.transaction() as session:
        assert deletions.lock_target(session, waiting) == Target(("1.2.3",), "17")
        assert deletions.lock_target(session, ended) is None
        record = deletions.get(session, ended)
        assert (record.left_because, record.request.confirmation_hash) == ((), None)
    database.close()


@pytest.mark.parametrize("revision", ["0002"])
def test_a_reading_from_before_warnings_has_none_until_it_is_edited(client: TestClient, then: dict) -> None:
    for reading_id in then["readings"]:
        now = get(client, f"readings/{reading_id}")
        assert now["slices_with_warnings"] == 0
        assert not any(one["warnings"] for one in now["slices"])


@pytest.mark.parametrize("revision", ["0015"])
def test_what_was_signed_stays_as_it_is_with_what_its_readers_wrote(
    client: TestClient, database: Database, then: dict
) -> None:
    signed = [reading_id for reading_id, reading in then["readings"].items() if is_signed(reading["reading"])]
    assert len(signed) == 2
    for reading_id in signed:
        body = {"client_id": str(uuid.uuid4()), "expected_revision": get(client, f"readings/{reading_id}")["revision"]}
        refused = client.post(f"/api/v1/readings/{reading_id}/edits", json={**body, "kind": "undo"})
        assert problem_of(refused) == (409, "ReadingAlreadySigned")
    with database.transaction() as session:
        texts = [report_texts.latest(session, uuid.UUID(reading_id)) for reading_id in then["readings"]]
    assert [(text.finding, text.remarks) if text else None for text in texts] == [
        *[("An anterior infarct.", "Seen by two.")] * 2,  # the amended one, and the draft that is to replace it
        None,
        None,
    ]


def is_signed(reading: dict[str, Any]) -> bool:
    return reading["state"] in ("signed", "amended")


def get(client: TestClient, path: str) -> dict[str, Any]:
    return client.get(f"/api/v1/{path}").raise_for_status().json()


def history(client: TestClient, reading_id: str) -> dict[str, Any]:
    found = get(client, f"readings/{reading_id}/edits")
    for edit in found["edits"]:
        edit["slices"].sort(key=lambda name: name["sop_instance_uid"])
    return found


def export(client: TestClient, reading_id: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(client.get(f"/api/v1/readings/{reading_id}/export").raise_for_status().text))
    )


def step(client: TestClient, reading_id: str, kind: str) -> None:
    revision = get(client, f"readings/{reading_id}")["revision"]
    body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, "kind": kind}
    client.post(f"/api/v1/readings/{reading_id}/edits", json=body).raise_for_status()


def rounded(rows: list[dict[str, str]]) -> list[dict[str, str | float]]:
    """The rows of a CSV with its cells of digits as numbers, with the digits that the CSV has had since then."""

    def read(column: str, cell: str) -> str | float:
        digits = next((digits for start, digits in DIGITS.items() if column.startswith(start)), 9)
        try:
            return round(float(cell), digits)
        except ValueError:
            return cell

    return [{column: read(column, cell) for column, cell in row.items()} for row in rows]


def assert_same(then: Any, now: Any) -> None:
    """Every field of then stands in now with the same value; now may have more fields."""
    assert same_fields(then, now) == then


def same_fields(then: Any, now: Any) -> Any:
    """now without the fields that then lacks, and with its floats where they differ from rounding alone.

    reviewed counted slices that were corrected and not decided on as well.
    """
    if isinstance(then, dict) and isinstance(now, dict):
        found = {key: same_fields(value, now[key]) for key, value in then.items() if key in now}
        return found | {"reviewed": then["reviewed"]} if "reviewed" in found else found
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [same_fields(*pair) for pair in zip(then, now, strict=True)]
    if isinstance(then, float) and isinstance(now, float) and isclose(then, now, rel_tol=1e-12):
        return then
    return now
