"""The store in a folder: what of it is on the disk, and when."""

import errno
from pathlib import Path

import pytest

from scarmass.domain.errors import StorageFull
from scarmass.storage.local_store import LocalStore


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError("no such device")

    monkeypatch.setattr("scarmass.storage.files.os.fsync", broken)
    with pytest.raises(OSError, match="no such device"):
        LocalStore(tmp_path).put(b"x")
    assert not stored(tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_fact_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(code, "full")

    monkeypatch.setattr("scarmass.storage.files.os.fsync", full)
    with pytest.raises(StorageFull):
        LocalStore(tmp_path).put(b"x")
    assert not stored(tmp_path)


def test_every_folder_on_the_way_is_synced_before_the_name_is_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("scarmass.storage.local_store.sync", synced.append)
    sha256 = LocalStore(tmp_path).put(b"x")
    assert set(synced[1:]) == {tmp_path / sha256[:2] / sha256[2:4], tmp_path / sha256[:2], tmp_path}
