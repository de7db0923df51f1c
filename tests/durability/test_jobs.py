"""Readings are prepared once, however many servers work on them and whatever becomes of these."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from tests.durability.running import opened, prepared, server
from tests.durability.server import KILLED_BY_A_SLICE

pytestmark = pytest.mark.slow


def embedded(folder: Path) -> list[tuple[str, str]]:
    """(process, slice) of everything that a segmenter was asked to embed, in order."""
    return [(line.split()[0], line.split()[1]) for line in (folder / "embedded").read_text().splitlines()]


@pytest.fixture
def two_patients(phantom_files: list[Path], other_phantom_files: list[Path]) -> list[list[Path]]:
    return [phantom_files, other_phantom_files]


def test_two_servers_on_one_database_prepare_each_slice_once(folder: Path, two_patients: list[list[Path]]) -> None:
    with server(folder) as (_, one), server(folder) as (_, other):
        for reading_id in [opened(one, paths) for paths in two_patients]:
            assert {s["state"] for s in prepared(other, reading_id)["slices"]} == {"proposed"}
    work = embedded(folder)
    assert len({process for process, _ in work}) == 2
    assert set(Counter(key for _, key in work).values()) == {1}
    assert len(work) == sum(map(len, two_patients))


def test_a_server_that_is_killed_leaves_its_readings_to_the_other_one(
    folder: Path, two_patients: list[list[Path]]
) -> None:
    with server(folder) as (killed, one), server(folder) as (_, other):
        reading_ids = [opened(one, paths) for paths in two_patients]
        killed.kill()
        for reading_id in reading_ids:
            assert {s["state"] for s in prepared(other, reading_id)["slices"]} == {"proposed"}
    twice = [key for key, times in Counter(key for _, key in embedded(folder)).items() if times > 1]
    assert len(twice) <= 1, "only the slice at work may be prepared again"


def test_preparing_that_was_killed_goes_on_at_the_next_start(folder: Path, phantom_files: list[Path]) -> None:
    with server(folder) as (process, api):
        reading_id = opened(api, phantom_files)
        process.kill()
    with server(folder) as (_, api):
        reading = prepared(api, reading_id)
    assert reading["prepared"] == len(phantom_files)
    assert {s["state"] for s in reading["slices"]} == {"proposed"}


def test_a_slice_that_ends_the_server_three_times_fails_its_reading_and_the_fourth_start_lives(
    folder: Path, two_patients: list[list[Path]]
) -> None:
    deadly, harmless = two_patients
    deadly_slice = hashlib.sha256(deadly[0].read_bytes()).hexdigest()
    with server(folder, deadly_slice) as (process, api):
        reading_id = opened(api, deadly)
        process.join(60)
        assert process.exitcode == KILLED_BY_A_SLICE
    for _ in range(2):
        with server(folder, deadly_slice) as (process, _):
            process.join(60)
            assert process.exitcode == KILLED_BY_A_SLICE
    with server(folder, deadly_slice) as (process, api):
        reading = prepared(api, reading_id)
        assert reading["state"] == "failed"
        assert "3 times" in reading["reason"]
        assert reading["prepared"] == len(deadly) - 1
        assert prepared(api, opened(api, harmless))["state"] == "draft"
        assert process.is_alive()
    assert sum(key == deadly_slice for _, key in embedded(folder)) == 3
