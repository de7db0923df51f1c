"""The store in a bucket: damage is told, what is deleted is gone, and where it is away it says so."""

import hashlib
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scarmass.domain.errors import FileDamaged, FileRefused, StorageFull, StoreUnavailable
from scarmass.services.context import Context
from scarmass.storage import bucket as buckets
from scarmass.storage.bucket import Bucket
from scarmass.storage.object_store import MISSING, ObjectStore, _answered
from scarmass.storage.orphans import hold_files, sweep
from tests.object_service import PREFIX, ObjectService, versions_in


@pytest.fixture
def bucket(object_service: ObjectService, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(buckets, "ATTEMPTS", 1)
    return object_service.new_bucket()


@pytest.fixture
def store(bucket: Bucket, tmp_path: Path) -> ObjectStore:
    return ObjectStore(bucket, tmp_path)


def test_a_service_is_told_twice_which_sha256_it_is_to_find(store: ObjectStore) -> None:
    """By the signature, which every service checks, and by a checksum that it keeps where it knows such."""
    told: list[tuple[str, str]] = []

    def note(request, **_: object) -> None:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        told.append((headers["x-amz-content-sha256"], b64decode(headers["x-amz-checksum-sha256"]).hex()))

    store._client.meta.events.register("before-send.s3.PutObject", note)
    sha256 = store.put(b"x")
    assert told == [(sha256, sha256)]


def test_an_object_that_was_altered_is_refused_by_name_however_it_is_read(store: ObjectStore, bucket: Bucket) -> None:
    sha256 = store.put(b"x")
    bucket.client().put_object(Bucket=bucket.name, Key=PREFIX + sha256, Body=b"y")
    with pytest.raises(FileDamaged, match=sha256):
        store.get(sha256)
    with pytest.raises(FileDamaged, match=sha256):
        list(store.pieces(sha256))
    with pytest.raises(FileDamaged, match=sha256), store.local(sha256):
        pass
    store.put(b"x")
    assert store.get(sha256) == b"x"


def test_what_is_there_already_is_not_stored_as_a_further_version(store: ObjectStore, bucket: Bucket) -> None:
    for _ in range(3):
        store.put(b"x")
    assert len(versions_in(bucket)) == 1


def test_of_what_is_removed_the_bucket_keeps_no_version(store: ObjectStore, bucket: Bucket) -> None:
    sha256, other = store.put(b"x"), store.put(b"other")
    bucket.client().delete_object(Bucket=bucket.name, Key=PREFIX + sha256)  # hidden, by whomever
    store.put(b"x")
    bucket.client().delete_object(Bucket=bucket.name, Key=PREFIX + sha256)
    assert not store.has(sha256)
    assert set(store.names()) == {sha256, other}, "what is only hidden is told, so that it is found and removed"
    assert store.remove([sha256]) == 1
    assert [one["Key"] for one in versions_in(bucket)] == [PREFIX + other]


def test_what_others_keep_in_the_bucket_is_neither_told_nor_touched(
    store: ObjectStore, bucket: Bucket, tmp_path: Path
) -> None:
    beside = ObjectStore(replace(bucket, prefix="another/"), tmp_path)
    sha256 = beside.put(b"x")
    bucket.client().put_object(Bucket=bucket.name, Key=f"{PREFIX}notes.txt", Body=b"y")
    assert list(store.names()) == []
    assert store.remove([sha256]) == 0
    assert beside.get(sha256) == b"x"


def test_more_than_a_page_of_names_is_told(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {store.put(bytes([number])) for number in range(5)}
    listing = store._client.get_paginator

    def in_pages_of_two(operation: str):
        pages = listing(operation)
        paginate = pages.paginate
        pages.paginate = lambda **about: paginate(**about, PaginationConfig={"PageSize": 2})
        return pages

    monkeypatch.setattr(store._client, "get_paginator", in_pages_of_two)
    assert set(store.names()) == stored


def test_a_service_that_does_not_answer_is_a_fact_whatever_it_is_asked_for(
    bucket: Bucket, tmp_path: Path, unused_tcp_port: int
) -> None:
    away = ObjectStore(replace(bucket, endpoint=f"http://127.0.0.1:{unused_tcp_port}"), tmp_path)
    sha256 = hashlib.sha256(b"x").hexdigest()
    for ask in (
        away.require_ready,
        lambda: away.put(b"x"),
        lambda: away.has(sha256),
        lambda: away.get(sha256),
        lambda: away.remove([sha256]),
        lambda: list(away.names()),
    ):
        with pytest.raises(StoreUnavailable):
            ask()


def test_whether_a_service_answers_is_known_before_whoever_asks_gives_up(store: ObjectStore) -> None:
    """What asks `/readyz` waits for some seconds; what reads an image for longer."""
    hasty, patient = (client.meta.config for client in (store._hasty_client, store._client))
    assert hasty.connect_timeout + hasty.read_timeout <= 5 < patient.read_timeout
    assert hasty.retries["total_max_attempts"] == 1


def test_a_bucket_that_is_gone_is_not_one_that_has_lost_every_file(bucket: Bucket, tmp_path: Path) -> None:
    gone = ObjectStore(replace(bucket, name="no-such-bucket"), tmp_path)
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        gone.has("0" * 64)


def test_a_404_of_what_stands_before_a_service_is_not_the_loss_of_every_file(bucket: Bucket, tmp_path: Path) -> None:
    with before_a_service(404) as endpoint:
        store = ObjectStore(replace(bucket, endpoint=endpoint), tmp_path)
        sha256 = hashlib.sha256(b"x").hexdigest()
        for ask in (
            store.require_ready,
            store.whose,
            lambda: store.put(b"x"),
            lambda: store.has(sha256),
            lambda: store.get(sha256),
            lambda: store.remove([sha256]),
            lambda: list(store.names()),
        ):
            with pytest.raises(StoreUnavailable):
                ask()


@pytest.mark.parametrize(
    ("status", "code", "fact"),
    [
        (404, "NoSuchKey", FileNotFoundError),
        (404, "NoSuchBucket", StoreUnavailable),
        (404, "404", StoreUnavailable),
        (507, "XMinioStorageFull", StorageFull),
        (403, "QuotaExceeded", StorageFull),
        (403, "AccessDenied", StoreUnavailable),
        (403, "SignatureDoesNotMatch", StoreUnavailable),
        (400, "ExpiredToken", StoreUnavailable),
        (400, "KMS.DisabledException", StoreUnavailable),
        (400, "BadDigest", StoreUnavailable),
        (429, "TooManyRequests", StoreUnavailable),
        (503, "SlowDown", StoreUnavailable),
        (400, "EntityTooLarge", FileRefused),
        (413, "413", FileRefused),
        (403, "InvalidObjectState", FileRefused),
    ],
)
def test_what_a_service_refuses_is_a_fact(status: int, code: str, fact: type[Exception]) -> None:
    from botocore.exceptions import ClientError

    answer: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(fact), _answered(missing=MISSING, refused=FileRefused):
        raise ClientError(answer, "PutObject")


def test_one_file_that_is_refused_is_a_fact_of_that_file_and_a_deletion_waits(bucket: Bucket, tmp_path: Path) -> None:
    with before_a_service(413) as endpoint:
        store = ObjectStore(replace(bucket, endpoint=endpoint), tmp_path)
        sha256 = hashlib.sha256(b"x").hexdigest()
        with pytest.raises(FileDamaged, match="413"):
            store.get(sha256)
        with pytest.raises(StoreUnavailable):
            store.remove([sha256])


def test_the_virtual_machine_is_asked_for_keys_only_where_the_settings_say_so() -> None:
    def asked(asks_machine: bool) -> set[str]:
        session = buckets._session(asks_machine)
        return {one.METHOD for one in session._session.get_component("credential_provider").providers}

    assert asked(True) - asked(False) == {"iam-role"}
    assert {"env", "shared-credentials-file", "container-role"} <= asked(False)


def test_what_an_import_left_that_was_cut_off_is_removed_with_every_version(
    context: Context, store: ObjectStore, bucket: Bucket
) -> None:
    sha256 = store.put(b"stored by an import that ended before its commit")
    bucket.client().delete_object(Bucket=bucket.name, Key=PREFIX + sha256)
    store.put(b"stored by an import that ended before its commit")
    with context.database.transaction() as session:
        hold_files(session)
        assert sweep(context.database, store) == 0, "an import that runs is left alone"
    assert sweep(context.database, store) == 1
    assert versions_in(bucket) == []


@contextmanager
def before_a_service(status: int) -> Iterator[str]:
    """The endpoint of an ingress that answers whatever it is asked by itself, and not in the words of the API."""

    class Answers(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", "9")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"no route\n")

        do_GET = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
