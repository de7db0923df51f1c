"""Room for what comes: a bound of what is stored, and a floor under what is free."""

from pathlib import Path

import pytest

from scarmass.domain.errors import StorageFull
from scarmass.storage import room as room_module
from scarmass.storage.files import INCOMING
from scarmass.storage.local_store import LocalStore


def test_what_finds_no_room_is_refused_before_anything_is_taken(tmp_path: Path) -> None:
    files = LocalStore(tmp_path, largest_bytes=100)
    files.put(b"a" * 60)
    with files.incoming(40):
        pass
    for expected in (41, 1000):
        with pytest.raises(StorageFull, match="nothing of this is taken"), files.incoming(expected):
            pytest.fail("it was let in")
    assert not list((tmp_path / INCOMING).iterdir())
    assert files.put(b"b" * 40)
    with pytest.raises(StorageFull):
        files.put(b"c")


def test_what_was_deleted_makes_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "RECOUNTED_EVERY_S", -1.0)
    files = LocalStore(tmp_path, largest_bytes=100)
    first = files.put(b"a" * 90)
    with pytest.raises(StorageFull):
        files.put(b"b" * 50)
    files.path(first).unlink()
    assert files.put(b"d" * 50)


def test_what_was_there_at_the_start_counts(tmp_path: Path) -> None:
    LocalStore(tmp_path).put(b"a" * 90)
    assert LocalStore(tmp_path, largest_bytes=100).room.usage().stored == 90


def test_the_disk_is_not_filled_to_its_last_byte(tmp_path: Path) -> None:
    free = LocalStore(tmp_path).room.usage().free
    with pytest.raises(StorageFull), LocalStore(tmp_path, least_free_bytes=free * 2).incoming():
        pytest.fail("it was let in")
    with pytest.raises(StorageFull), LocalStore(tmp_path).incoming(free):
        pytest.fail("what comes is on the disk twice while it is taken in")
