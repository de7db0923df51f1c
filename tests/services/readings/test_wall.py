"""What counts as the wall in a reading: switched for all of it in one step, and undone in one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.api.schemas.common import Rle
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.reading import WallRules
from scarmass.domain.structures import CONTOURED
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


def masks_of(one: dict) -> tuple[Mask, Mask, Mask]:
    """The slice's scar, ventricle and blood pool."""
    scar, ventricle, blood = (from_rle(one["segments"][name]["mask"]) for name in ("scar", *CONTOURED))
    return scar, ventricle, blood


def now(client: TestClient, reading: dict) -> dict:
    return client.get(f"/api/v1/readings/{reading['id']}").json()


def switched(client: TestClient, reading: dict, **rules: bool) -> dict:
    return edited(client, reading, kind="wall", sop_instance_uid=None, **rules)


def segments_now(client: TestClient, reading: dict) -> list[dict]:
    return [one["segments"] for one in now(client, reading)["slices"]]


def test_scar_keeps_to_the_wall_and_blood_gives_way_until_they_are_switched_off(
    client: TestClient, reading: dict
) -> None:
    assert reading["confines_scar"]
    edited(client, reading, at=1, kind="accept")
    confined = segments_now(client, reading)
    answer = switched(client, reading, confines_scar=False)
    assert not answer["confines_scar"]
    for before, after in zip(reading["slices"], now(client, reading)["slices"], strict=True):
        scar, ventricle, blood = masks_of(before)
        drawn, _, whole = masks_of(after)
        assert scar.any()
        if after["state"] == "accepted":
            assert after["segments"] == before["segments"]
        else:
            assert np.array_equal(scar, drawn & ventricle)
            assert (drawn & ~scar).any()
            assert np.array_equal(blood, whole & ~scar)
            assert (whole & scar).any()
    assert edited(client, reading, kind="undo")["confines_scar"]
    assert segments_now(client, reading) == confined
    switched(client, reading, confines_scar=False)
    switched(client, reading, confines_scar=True)
    again = segments_now(client, reading)
    for structure in confined[0]:
        assert [one[structure]["mask"] for one in again] == [one[structure]["mask"] for one in confined]


def test_a_proposed_blood_pool_follows_the_scar_and_a_drawn_one_stays(client: TestClient, reading: dict) -> None:
    scar, ventricle, blood = masks_of(reading["slices"][0])
    none = edited(client, reading, kind="paint", mask=Rle.of(np.zeros_like(scar)).model_dump())["slice"]
    whole = masks_of(none)[2]
    assert np.array_equal(blood, whole & ~scar)
    painted = edited(client, reading, kind="paint", mask=Rle.of(ventricle).model_dump())["slice"]
    assert not masks_of(painted)[2].any()
    drawn = {"kind": "paint", "structure": "blood_pool", "mask": Rle.of(whole).model_dump()}
    edited(client, reading, **drawn)
    proposed = edited(client, reading, kind="propose")["slice"]
    assert np.array_equal(masks_of(proposed)[2], whole)
    assert np.array_equal(masks_of(proposed)[0], scar & ~whole)


def test_switched_on_it_leaves_decided_slices_and_what_was_painted(client: TestClient, reading: dict) -> None:
    switched(client, reading, confines_scar=False)
    everywhere = np.ones_like(masks_of(reading["slices"][0])[0])
    edited(client, reading, kind="paint", mask=Rle.of(everywhere).model_dump())
    edited(client, reading, at=1, kind="accept")
    before = segments_now(client, reading)
    switched(client, reading, confines_scar=True)
    after = now(client, reading)["slices"]
    assert after[1]["segments"] == before[1]
    assert masks_of(after[0])[0].all()


def test_what_a_reader_paints_or_clicks_beyond_the_wall_stays_whole(client: TestClient, reading: dict) -> None:
    scar, ventricle, _ = masks_of(reading["slices"][0])
    beyond = np.zeros_like(scar)
    beyond[:20, :20] = True
    painted = edited(client, reading, kind="paint", mask=Rle.of(scar | beyond).model_dump())["slice"]
    assert np.array_equal(masks_of(painted)[0], scar | beyond)
    clicked = edited(client, reading, at=1, kind="prompt", points=[{"x": 5.5, "y": 5.5, "positive": True}])["slice"]
    assert masks_of(clicked)[0][5, 5]
    assert not ventricle[5, 5]


def test_a_reading_that_is_opened_so_has_its_scar_as_models_draw_it(
    context: Context, phantom_files: list[Path]
) -> None:
    context.wall = WallRules(confines_scar=False)
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    for one in reading["slices"]:
        scar, ventricle, blood = masks_of(one)
        assert (scar & ~ventricle).any()
        assert (scar & blood).any()


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
    switched(client, reading, confines_scar=False)
    history = client.get(f"/api/v1/readings/{reading['id']}/edits").json()["edits"]
    assert (history[0]["kind"], history[0]["confines_scar"], history[0]["papillary_muscles"]) == ("wall", False, False)
    rows = client.get(f"/api/v1/readings/{reading['id']}/export?format=json").json()["rows"]
    assert {row["scar_confined_to_myocardium"] for row in rows} == {False}
    assert {row["papillary_muscles_are"] for row in rows} == {"blood pool"}
