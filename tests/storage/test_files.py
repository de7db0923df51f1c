"""What every store of files is held to, whether a folder or a bucket keeps them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scarmass.domain.errors import StorageFull
from scarmass.storage.files import INCOMING, FileStore
from scarmass.storage.local_store import LocalStore
from scarmass.storage.object_store import ObjectStore
from scarmass.storage.room import Room
from tests.object_service import ObjectService

LOST = hashlib.sha256(b"never stored").hexdigest()


@pytest.fixture(params=["a folder", "a bucket", "a bucket without versions"])
def files(request: pytest.FixtureRequest, tmp_path: Path, object_service: ObjectService) -> FileStore:
    if request.param == "a folder":
        return LocalStore(tmp_path)
    bucket = object_service.new_bucket(keeps_versions=request.param == "a bucket")
    return ObjectStore(bucket, tmp_path)


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_what_is_put_comes_back_under_its_sha256(files: FileStore, content: bytes) -> None:
    sha256 = files.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert files.get(sha256) == b"".join(files.pieces(sha256)) == content
    with files.local(sha256) as path:
        assert path.read_bytes() == content


def test_what_is_put_twice_is_there_once(files: FileStore) -> None:
    assert files.put(b"x") == files.put(b"x")
    assert len(list(files.names())) == 1


def test_what_is_there_is_told_by_name_and_what_is_not_is_not_found(files: FileStore) -> None:
    files.require_ready()
    x, y = files.put(b"x"), files.put(b"y")
    assert set(files.names()) == files.present([x, LOST, y]) == {x, y}
    assert (files.has(x), files.has(LOST)) == (True, False)

    def local() -> None:
        with files.local(LOST):
            pass

    reads: list[Callable[[], object]] = [lambda: files.get(LOST), lambda: list(files.pieces(LOST)), local]
    for read in reads:
        with pytest.raises(FileNotFoundError):
            read()


def test_what_is_removed_is_gone_and_the_rest_is_not(files: FileStore) -> None:
    x, y = files.put(b"x"), files.put(b"y")
    assert files.remove([x, LOST]) == 1
    assert files.remove([x]) == 0
    assert set(files.names()) == files.present([x, y]) == {y}


def test_what_came_in_is_gone_with_its_upload_unless_it_was_kept(files: FileStore) -> None:
    with files.incoming() as incoming:
        kept, left, discarded = (incoming.receive([content]) for content in (b"kept", b"left", b"discarded"))
        discarded.discard()
        files.keep([kept])
    assert set(files.names()) == {kept.sha256}
    assert {path.name for path in everything_in(files.root)} <= {kept.sha256}
    assert not list((files.root / INCOMING).iterdir())
    assert not files.has(left.sha256)


def test_the_folder_of_an_upload_is_removed_once_its_process_has_ended_and_not_before(files: FileStore) -> None:
    (files.root / INCOMING / "of a process that ended").mkdir()
    with files.incoming() as incoming:
        received = incoming.receive([b"x"])
        assert files.remove_abandoned() == 1
        assert received.path.read_bytes() == b"x"


def test_without_room_on_the_disk_nothing_comes_in_and_what_is_stored_is_read(files: FileStore) -> None:
    sha256 = files.put(b"x")
    files.room = Room(files.root, least_free_bytes=2**60)
    with pytest.raises(StorageFull), files.incoming(1):
        pass
    with files.local(sha256) as path:
        assert path.read_bytes() == b"x"
