"""What came over the network waits on the disk, whole or not at all."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scarmass.domain.errors import StorageFull
from scarmass.storage.spool import ABANDONED_AFTER_S, Spool


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def files_of(spool: Spool) -> list[Path]:
    return [path for path in spool.folder.rglob("*") if path.is_file() and path.name != "taking"]


def test_objects_wait_in_the_order_in_which_they_came_with_whom_they_came_from(spool: Spool) -> None:
    spool.put("SCANNER", [b"one ", b"object"])
    spool.put("A/B. \\é", [b"another"])
    waiting = list(spool.waiting())
    assert [(one.source, one.path.read_bytes(), one.is_note) for one in waiting] == [
        ("SCANNER", b"one object", False),
        ("A/B. \\é", b"another", False),
    ]
    assert waiting[0].put_at <= waiting[1].put_at <= time.time()


def test_what_is_removed_waits_no_more(spool: Spool) -> None:
    spool.put("SCANNER", [b"object"])
    for _ in range(2):
        for one in spool.waiting():
            spool.remove(one)
    assert files_of(spool) == []


def test_a_note_keeps_its_kind_and_payload(spool: Spool) -> None:
    spool.note("PACS", "committed", {"transaction_uid": "2.25.1", "failed": []})
    (one,) = spool.waiting()
    assert one.is_note
    assert (one.source, one.note()) == ("PACS", ("committed", {"transaction_uid": "2.25.1", "failed": []}))


def test_an_object_that_is_cut_off_leaves_nothing(spool: Spool) -> None:
    def cut_off() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        spool.put("SCANNER", cut_off())
    assert files_of(spool) == []


def test_an_object_is_not_seen_before_it_is_whole(spool: Spool) -> None:
    def looking() -> Iterator[bytes]:
        yield b"half"
        assert list(spool.waiting()) == []
        yield b" and half"

    spool.put("SCANNER", looking())
    assert [one.path.read_bytes() for one in spool.waiting()] == [b"half and half"]


def test_above_its_bound_nothing_is_taken_until_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scarmass.storage.spool.COUNTED_EVERY_S", 0)
    spool = Spool(tmp_path, largest_bytes=100)
    spool.put("SCANNER", [b"x" * 90])
    with pytest.raises(StorageFull, match="waits to be taken in"):
        spool.put("SCANNER", [b"x" * 6, b"x" * 6])
    assert len(files_of(spool)) == 1
    elsewhere = Spool(tmp_path, largest_bytes=100)
    for one in elsewhere.waiting():
        elsewhere.remove(one)
    spool.put("SCANNER", [b"x" * 90])
    assert len(files_of(spool)) == 1


def test_a_full_disk_is_a_fact_and_leaves_nothing(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("scarmass.storage.spool.os.fdatasync", full)
    with pytest.raises(StorageFull):
        spool.put("SCANNER", [b"object"])
    assert files_of(spool) == []


def test_of_two_who_take_one_does(spool: Spool) -> None:
    with spool.taking() as first, Spool(spool.folder).taking() as second:
        assert (first, second) == (True, False)
    with spool.taking() as again:
        assert again


def test_what_is_set_aside_stops_nothing_and_is_kept(spool: Spool) -> None:
    spool.put("SCANNER", [b"object"])
    (one,) = spool.waiting()
    spool.set_aside(one)
    assert list(spool.waiting()) == []
    assert [path.read_bytes() for path in files_of(spool)] == [b"object"]


def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not(spool: Spool) -> None:
    left, written = spool.folder / "left.partial", spool.folder / "written.partial"
    left.write_bytes(b"half")
    written.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_AFTER_S - 1
    os.utime(left, (long_ago, long_ago))
    assert spool.sweep() == 1
    assert files_of(spool) == [written]
