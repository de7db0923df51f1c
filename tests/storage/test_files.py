"""The content-addressed store."""

import errno
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.errors import StorageFull
from scarmass.storage.files import INCOMING, FileStore


@given(content=st.binary(max_size=2000))
def test_what_is_put_comes_back_under_its_sha256(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    files = FileStore(tmp_path_factory.mktemp("store"))
    sha256 = files.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert files.get(sha256) == content


def test_putting_twice_keeps_one_file(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    assert files.put(b"x") == files.put(b"x")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError("no such device")

    monkeypatch.setattr("scarmass.storage.files.os.fsync", broken)
    with pytest.raises(OSError, match="no such device"):
        FileStore(tmp_path).put(b"x")
    assert not stored(tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_fact_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, "full")

    monkeypatch.setattr("scarmass.storage.files.os.fsync", full)
    with pytest.raises(StorageFull):
        FileStore(tmp_path).put(b"x")
    assert not stored(tmp_path)


def test_every_folder_on_the_way_is_synced_before_the_name_is_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("scarmass.storage.files._sync", synced.append)
    sha256 = FileStore(tmp_path).put(b"x")
    assert set(synced[1:]) == {tmp_path / sha256[:2] / sha256[2:4], tmp_path / sha256[:2], tmp_path}


def test_what_came_in_is_gone_with_its_upload_unless_it_was_kept(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    with files.incoming() as incoming:
        kept, left, discarded = (incoming.receive([content]) for content in (b"kept", b"left", b"discarded"))
        discarded.discard()
        files.keep([kept])
    assert [path.name for path in stored(tmp_path)] == [kept.sha256]
    assert left.sha256 not in set(files.names())


def test_the_folder_of_an_upload_is_removed_once_its_process_has_ended_and_not_before(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    (tmp_path / INCOMING / "of a process that ended").mkdir()
    with files.incoming() as incoming:
        received = incoming.receive([b"x"])
        assert files.remove_abandoned() == 1
        assert received.path.read_bytes() == b"x"
