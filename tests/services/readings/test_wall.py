"""What counts as the wall in a reading: switched for all of it in one step, and undone in one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.api.schemas.common import Rle
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.reading import WallRules
from scarmass.services.context import Context
from tests.conftest import application
from tests.services.readings.test_outline import edited
from tests.services.readings.test_prepare import opened, wait_until_draft

pytestmark = pytest.mark.slow


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    with TestClient(application(context)) as client:
        yield client


@pytest.fixture
def reading(client: TestClient, phantom_files: list[Path]) -> dict:
    return wait_until_draft(client, opened(client, phantom_files))


def masks_of(one: dict) -> tuple[Mask, Mask]:
    """The slice's scar, and its wall."""
    segments = {name: from_rle(segment["mask"]) for name, segment in one["segments"].items()}
    return segments["scar"], segments["left_ventricle"] & ~segments["blood_pool"]


def now(client: TestClient, reading: dict) -> dict:
    return client.get(f"/api/v1/readings/{reading['id']}").json()


def switched(client: TestClient, reading: dict, **rules: bool) -> dict:
    return edited(client, reading, kind="wall", sop_instance_uid=None, **rules)


def test_scar_of_undecided_slices_keeps_to_the_wall_and_comes_back_to_the_bit(
    client: TestClient, reading: dict
) -> None:
    assert not reading["confines_scar"]
    edited(client, reading, at=1, kind="accept")
    answer = switched(client, reading, confines_scar=True)
    assert answer["confines_scar"]
    confined = now(client, reading)["slices"]
    for before, after in zip(reading["slices"], confined, strict=True):
        scar, wall = masks_of(before)
        assert np.array_equal(masks_of(after)[0], scar if after["state"] == "accepted" else scar & wall)
    undone = edited(client, reading, kind="undo")
    assert not undone["confines_scar"]
    assert [one["segments"] for one in now(client, reading)["slices"]] == [one["segments"] for one in reading["slices"]]
    switched(client, reading, confines_scar=True)
    switched(client, reading, confines_scar=False)
    assert [one["mask"] for one in now(client, reading)["slices"]] == [one["mask"] for one in reading["slices"]]


def test_what_a_reader_paints_or_clicks_beyond_the_wall_stays_whole(client: TestClient, reading: dict) -> None:
    switched(client, reading, confines_scar=True)
    scar, wall = masks_of(now(client, reading)["slices"][0])
    beyond = np.zeros_like(scar)
    beyond[:20, :20] = True
    painted = edited(client, reading, kind="paint", mask=Rle.of(scar | beyond).model_dump())["slice"]
    assert np.array_equal(masks_of(painted)[0], scar | beyond)
    clicked = edited(client, reading, at=1, kind="prompt", points=[{"x": 5.5, "y": 5.5, "positive": True}])["slice"]
    assert masks_of(clicked)[0][5, 5]
    assert not wall[5, 5]


def test_a_reading_that_is_opened_so_has_its_scar_in_the_wall(context: Context, phantom_files: list[Path]) -> None:
    context.wall = WallRules(confines_scar=True)
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    for one in reading["slices"]:
        scar, wall = masks_of(one)
        assert scar.any()
        assert not (scar & ~wall).any()


def test_papillary_muscles_leave_the_blood_of_decided_slices_too_and_return(client: TestClient, reading: dict) -> None:
    edited(client, reading, at=1, kind="accept")
    before = now(client, reading)["slices"]
    switched(client, reading, papillary_muscles=True)
    taken = now(client, reading)
    assert taken["papillary_muscles"]
    pairs = list(zip(before, taken["slices"], strict=True))
    blood = [[from_rle(one["segments"]["blood_pool"]["mask"]) for one in pair] for pair in pairs]
    assert not any((less & ~whole).any() for whole, less in blood)
    assert any((whole & ~less).any() for whole, less in blood)
    assert taken["slices"][1]["state"] == "accepted"
    switched(client, reading, papillary_muscles=False)
    assert [one["segments"] for one in now(client, reading)["slices"]] == [one["segments"] for one in before]


def test_the_switches_stand_in_history_and_export(client: TestClient, reading: dict) -> None:
    switched(client, reading, confines_scar=True)
    history = client.get(f"/api/v1/readings/{reading['id']}/edits").json()["edits"]
    assert (history[0]["kind"], history[0]["confines_scar"], history[0]["papillary_muscles"]) == ("wall", True, False)
    rows = client.get(f"/api/v1/readings/{reading['id']}/export?format=json").json()["rows"]
    assert {row["scar_confined_to_myocardium"] for row in rows} == {True}
    assert {row["papillary_muscles_are"] for row in rows} == {"blood pool"}
