"""A server whose files are in an object store: the whole way of a study, and what it does while the store is away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from scarmass import worker_threads
from scarmass.services.context import Context
from scarmass.services.deletion import carry_out
from scarmass.storage import bucket as buckets
from scarmass.storage.bucket import Bucket
from scarmass.storage.database import Database
from scarmass.storage.object_store import ObjectStore
from tests.api.dicomweb_requests import files_of
from tests.api.signing import ANNA, accept_all, get, open_reading, problem_of, sign
from tests.conftest import upload
from tests.durability.cut import Line, Proxy, proxy
from tests.fakes import EchoSegmenter, FakeDetector
from tests.object_service import ObjectService, versions_in
from tests.services.deletion.distinctive import distinctive
from tests.services.deletion.test_deleting import delete, record_of, take_off, when_done
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(object_service: ObjectService, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(buckets, "ATTEMPTS", 1)
    monkeypatch.setattr(worker_threads, "AWAY_RETRY_S", 0.01)
    return object_service.new_bucket()


@pytest.fixture
def line(bucket: Bucket) -> Iterator[Proxy]:
    """The network between server and object store."""
    port = urlsplit(bucket.endpoint or "").port
    assert port is not None
    with proxy(port) as line:
        yield line


@pytest.fixture
def context(database: Database, bucket: Bucket, line: Proxy, tmp_path: Path) -> Context:
    files = ObjectStore(replace(bucket, endpoint=f"http://127.0.0.1:{line.port}"), tmp_path / "data" / "objects")
    return Context(database, files, FakeDetector(), EchoSegmenter())


def test_a_study_is_stored_read_signed_fetched_and_deleted_and_no_version_of_it_is_left(
    client: TestClient, bucket: Bucket, context: Context, tmp_path: Path
) -> None:
    patient = distinctive(tmp_path / "sent")
    sent = [path.read_bytes() for path in patient.files]
    study = upload(client, patient.files)["studies"][0]
    upload(client, patient.files)
    assert len(versions_in(bucket)) == len(sent)
    reading = open_reading(client, study["stacks"][0]["stack_id"], ANNA)
    signed = sign(client, accept_all(client, reading))
    assert client.get(f"/api/v1/readings/{signed['id']}/export?format=pdf").raise_for_status().content

    uid = patient.study_instance_uid
    fetched = files_of(client.get(f"/dicomweb/studies/{uid}").raise_for_status())
    assert set(sent) <= set(fetched)
    metadata = client.get(f"/dicomweb/studies/{uid}/metadata").raise_for_status().json()
    assert len(metadata) == len(fetched)

    take_off(client, uid)
    record = when_done(client, delete(client, uid, although_signed=True))
    assert record["counts"]["stored_files"] == len(sent)
    assert versions_in(bucket) == []
    assert not [path for path in context.files.root.rglob("*") if path.is_file()], "nor anything beside the server"


def test_while_the_store_is_away_nothing_is_lost_or_failed_and_afterwards_all_goes_on(
    client: TestClient, bucket: Bucket, line: Proxy, tmp_path: Path
) -> None:
    patient, another = distinctive(tmp_path / "one"), distinctive(tmp_path / "other", 1)
    study = upload(client, patient.files)["studies"][0]
    stack_id = study["stacks"][0]["stack_id"]
    name = client.get(f"/api/v1/stacks/{stack_id}").raise_for_status().json()["slices"][0]
    pixels = f"/api/v1/slices/{name['sop_instance_uid']}/{name['frame_number']}/pixels"
    files = [("files", (path.name, path.read_bytes())) for path in another.files]

    line.set(Line.REFUSED)
    opened = client.post(
        f"/api/v1/stacks/{stack_id}/readings", json={"client_id": "0" * 32}, headers=ANNA
    ).raise_for_status()
    for refused in (
        client.get("/readyz"),
        client.get(pixels),
        client.get(f"/dicomweb/studies/{patient.study_instance_uid}"),
        client.post("/api/v1/studies", files=files),
    ):
        assert problem_of(refused) == (503, "StoreUnavailable")
        assert int(refused.headers["retry-after"]) > 0
    assert get(client, opened.json()["id"])["state"] == "preparing"
    assert [one["study_instance_uid"] for one in client.get("/api/v1/studies").json()["studies"]] == [
        patient.study_instance_uid
    ]

    line.set(Line.WHOLE)
    client.get("/readyz").raise_for_status()
    assert client.get(pixels).raise_for_status().content
    client.post("/api/v1/studies", files=files).raise_for_status()
    reading = open_reading(client, stack_id, ANNA)
    assert {one["state"] for one in reading["slices"]} == {"proposed"}
    assert len(versions_in(bucket)) == len(patient.files) + len(another.files)


def test_a_deletion_waits_for_the_store_says_so_and_is_done_then(
    client: TestClient, bucket: Bucket, line: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "RETRY_S", 1)
    patient = distinctive(tmp_path / "sent")
    upload(client, patient.files)
    take_off(client, patient.study_instance_uid)
    line.set(Line.REFUSED)
    answer = delete(client, patient.study_instance_uid)
    wait_until(lambda: record_of(client, answer)["waits_because"], 60)
    assert record_of(client, answer)["waits_because"].startswith("the object store cannot be reached")
    line.set(Line.WHOLE)
    assert when_done(client, answer)["counts"]["stored_files"] == len(patient.files)
    assert versions_in(bucket) == []
