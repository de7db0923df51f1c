"""A file in the results folder is there whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from scarmass.storage.results import why_not_written, write_result


def test_a_file_is_written_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    write_result(tmp_path, "SIGNED.csv", b"grams")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("SIGNED.csv", b"grams")]


def test_a_file_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        write_result(tmp_path, "SIGNED.csv", content)
    assert (tmp_path / "SIGNED.csv").read_bytes() == b"first"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "away"
    with pytest.raises(FileNotFoundError) as caught:
        write_result(folder, "SIGNED.csv", b"grams")
    assert not folder.exists()
    assert why_not_written(folder, caught.value) == f"The results folder {folder} is not there."


def test_a_full_folder_keeps_no_part_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space left") as caught:
        write_result(tmp_path, "SIGNED.csv", b"grams")
    assert list(tmp_path.iterdir()) == []
    assert why_not_written(tmp_path, caught.value) == f"The results folder {tmp_path} is full."
