"""The content-addressed store."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.storage.files import FileStore


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


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("scarmass.storage.files.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        FileStore(tmp_path).put(b"x")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_every_folder_on_the_way_is_synced_before_the_name_is_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr("scarmass.storage.files._sync_folder", synced.append)
    sha256 = FileStore(tmp_path).put(b"x")
    assert synced == [tmp_path / sha256[:2] / sha256[2:4], tmp_path / sha256[:2], tmp_path]
