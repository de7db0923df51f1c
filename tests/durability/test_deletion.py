"""A deletion goes on wherever it was killed, and leaves nothing in the data folder, PostgreSQL's files included."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient

from scarmass.api.app import create_app
from scarmass.domain.deletion import DeletionReason, DeletionRequest
from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.services.deletion import ask
from scarmass.services.deletion.retention import rewrite_where_due
from scarmass.storage.database import migrate
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.worker import Worker
from tests.api.signing import ANNA, accept_all, get, open_reading, sign
from tests.conftest import small_studies, upload
from tests.durability.deleting import KILLED, carry_out_and_die, context_of
from tests.durability.running import PROCESSES
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive, files_that_name
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def data(folder: Path) -> Path:
    return folder / "data"


@pytest.fixture
def patients(tmp_path: Path) -> list[Distinctive]:
    """Two studies of one patient."""
    return [distinctive(tmp_path / str(number), number) for number in range(2)]


@pytest.fixture
def stored(data: Path, patients: list[Distinctive], tmp_path: Path) -> Iterator[Context]:
    """Both studies read and signed, written and waiting in the spool, beside another patient's."""
    with embedded_postgres(data / "postgres") as url:
        migrate(url)
        context = context_of(url, data)
        with TestClient(create_app(context, Worker(context))) as client:
            upload(client, write_phantom(tmp_path / "other", next(small_studies(1))))
            for patient in patients:
                stack_id = upload(client, patient.files)["studies"][0]["stacks"][0]["stack_id"]
                signed = sign(client, accept_all(client, open_reading(client, stack_id, ANNA)))
                wait_until(lambda signed=signed: get(client, signed["id"])["delivery"]["is_written"], 60)
                assert context.spool is not None
                context.spool.put("SCANNER", [patient.files[0].read_bytes()])
        yield context
        context.database.close()


def files_of_records(conninfo: str) -> set[str]:
    """PostgreSQL's files of the audit trail, which stays, and of statistics, which hold values of every table's."""
    query = """
        with kept as (select unnest(array['audit_events'::regclass, 'pg_catalog.pg_statistic'::regclass]) as id)
        select pg_relation_filepath(id) from kept
        union select pg_relation_filepath(indexrelid) from pg_index join kept on indrelid = id
        union select pg_relation_filepath(reltoastrelid) from pg_class join kept on oid = id where reltoastrelid <> 0
    """
    with psycopg.connect(conninfo) as connection:
        return {path for (path,) in connection.execute(query)}


def statistics_that_name(conninfo: str, words: Sequence[str]) -> Iterator[str]:
    """Tables but for the audit trail, of whose values the statistics hold one of the words."""
    query = """
        select tablename, coalesce(most_common_vals::text, '') || coalesce(histogram_bounds::text, '')
        from pg_stats where schemaname = current_schema() and tablename <> 'audit_events'
    """
    with psycopg.connect(conninfo) as connection:
        for table, values in connection.execute(query):
            yield from (f"{table}: {word}" for word in words if word in values)


def test_killed_after_any_step_it_goes_on_and_nothing_is_left_in_the_data_folder(
    stored: Context, data: Path, patients: list[Distinctive]
) -> None:
    words = sorted({word for patient in patients for word in patient.words})
    found = {line.split(":")[0].split("/")[0] for line in files_that_name(data, words)}
    assert found == {"objects", "postgres", "results", "spool"}
    request = DeletionRequest(uuid.uuid4(), DeletionReason.OTHER, "somebody", whole_patient=True, although_signed=True)
    deletion = ask.delete_patient(stored.places, PATIENT_ID, request)
    kills, exit_code = 0, KILLED
    while exit_code == KILLED:
        url = stored.database.conninfo
        child = PROCESSES.Process(target=carry_out_and_die, args=(url, data, deletion.id, kills % 5))
        child.start()
        child.join()
        exit_code = child.exitcode
        kills += exit_code == KILLED
    assert exit_code == 0
    assert kills > 10
    record = ask.get_deletion(stored.places, deletion.id)
    assert record.done_at is not None
    assert (record.counts["studies"], record.counts["signatures"]) == (2, 2)
    assert {line.split("/")[0] for line in files_that_name(data, words)} <= {"postgres"}
    assert rewrite_where_due(stored.places)
    kept = files_of_records(stored.database.conninfo)
    assert {line.split(":")[0] for line in files_that_name(data, words)} <= {f"postgres/{name}" for name in kept}
    assert list(statistics_that_name(stored.database.conninfo, words)) == []
    assert ask.get_deletion(stored.places, deletion.id).rewritten_at is not None
