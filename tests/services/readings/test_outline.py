"""The ventricle's contours that a reading is prepared with."""

import uuid
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.api.schemas.common import Rle
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import from_rle
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import SliceImage, VentricleOutline
from scarmass.services.context import Context
from tests.conftest import application
from tests.fakes import EchoSegmenter
from tests.services.readings.test_prepare import opened, wait_until_draft

pytestmark = pytest.mark.slow
CONTOURS = ("left_ventricle", "blood_pool")


class FailingOutlines(EchoSegmenter):
    def outline_ventricle(self, image: SliceImage, region: HeartRegion | None, box: Box | None) -> VentricleOutline:
        raise RuntimeError("the outline failed")


class CountedOutlines(EchoSegmenter):
    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[Box | None] = []

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        self.boxes.append(box)
        return super().outline_ventricle(image, region, box)


def edited(client: TestClient, reading: dict, at: int = 0, **edit: object) -> dict:
    """The slice after an edit of it, or the answer where it is refused."""
    name = {key: reading["slices"][at][key] for key in ("sop_instance_uid", "frame_number")}
    revision = client.get(f"/api/v1/readings/{reading['id']}").json()["revision"]
    body = {"client_id": str(uuid.uuid4()), "expected_revision": revision, **name, **edit}
    answer = client.post(f"/api/v1/readings/{reading['id']}/edits", json=body)
    return answer.json()


def test_every_slice_is_proposed_with_ventricle_and_blood_pool(context: Context, phantom_files: list[Path]) -> None:
    context.segmenter = segmenter = CountedOutlines()
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    for one in reading["slices"]:
        assert {*one["segments"]} == {"scar", *CONTOURS}
        assert {segment["origin"] for segment in one["segments"].values()} == {"proposed"}
        ventricle, blood_pool = (from_rle(one["segments"][name]["mask"]) for name in CONTOURS)
        assert blood_pool.any()
        assert not (blood_pool & ~ventricle).any()
    assert len(segmenter.boxes) == len(reading["slices"])  # outlined once for all of them


def test_an_outline_that_fails_costs_no_scar(context: Context, phantom_files: list[Path]) -> None:
    context.segmenter = FailingOutlines()
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
    assert {one["state"] for one in reading["slices"]} == {"proposed"}
    assert all({*one["segments"]} == {"scar"} for one in reading["slices"])


def test_proposing_anew_brings_contours_where_no_reader_drew_them(context: Context, phantom_files: list[Path]) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        size = reading["slices"][0]["segments"]["scar"]["mask"]["size"]
        own = np.zeros(size, bool)
        own[40:220, 40:220] = True
        painted = {"kind": "paint", "structure": "left_ventricle", "mask": Rle.of(own).model_dump()}
        edited(client, reading, **painted)
        edited(client, reading, kind="clear", structure="blood_pool")
        after = edited(client, reading, kind="propose")["slice"]["segments"]
        assert np.array_equal(from_rle(after["left_ventricle"]["mask"]), own)
        assert after["blood_pool"] == reading["slices"][0]["segments"]["blood_pool"]


def square(x0: float, y0: float, x1: float, y1: float) -> list[list[float]]:
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def test_a_contour_that_a_reader_draws_holds_the_pixels_whose_centres_it_encloses(
    context: Context, phantom_files: list[Path]
) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        drawn = {"kind": "contour", "structure": "left_ventricle", "contour": square(10.4, 20.6, 30.6, 40.4)}
        after = edited(client, reading, **drawn)
        segment = after["slice"]["segments"]["left_ventricle"]
        rows, columns = np.nonzero(from_rle(segment["mask"]))
        assert segment["origin"] == "contour"
        assert (columns.min(), columns.max(), rows.min(), rows.max()) == (10, 30, 21, 39)
        assert after["slice"]["state"] == "proposed"  # the state speaks of scar
        undone = edited(client, reading, kind="undo")
        assert undone["slice"]["segments"] == reading["slices"][0]["segments"]


def test_blood_stays_within_the_ventricle_whichever_of_them_is_drawn(
    context: Context, phantom_files: list[Path]
) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        rows, columns = reading["slices"][0]["segments"]["scar"]["mask"]["size"]
        half = square(0, 0, columns / 2, rows)
        for structure in ("left_ventricle", "blood_pool"):
            curve = half if structure == "left_ventricle" else square(0, 0, columns, rows)
            after = edited(client, reading, kind="contour", structure=structure, contour=curve)["slice"]["segments"]
            ventricle, blood_pool = (from_rle(after[name]["mask"]) for name in CONTOURS)
            assert blood_pool.any()
            assert not (blood_pool & ~ventricle).any()


def test_a_contour_is_taken_over_to_neighbours_in_one_edit(context: Context, phantom_files: list[Path]) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        others = [{"sop_instance_uid": one["sop_instance_uid"]} for one in reading["slices"][1:3]]
        drawn = {"kind": "contour", "structure": "left_ventricle", "contour": square(10, 20, 30, 40)}
        after = edited(client, reading, **drawn, slices=others)
        areas = {one["segments"]["left_ventricle"]["area_mm2"] for one in after["slices"]}
        assert (len(after["slices"]), len(areas)) == (3, 1)
        assert len(edited(client, reading, kind="undo")["slices"]) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"contour": square(1.6, 1.6, 1.9, 1.9)},
        {"contour": square(-5, 0, 10, 10)},
        {"contour": [[1, 1], [2, 2]]},
        {"contour": None},
        {"contour": square(1, 1, 9, 9), "structure": "scar"},
        {"contour": square(1, 1, 9, 9), "slices": [{"sop_instance_uid": "1.2.3"}]},
    ],
)
def test_a_contour_that_means_nothing_is_refused(context: Context, phantom_files: list[Path], wrong: dict) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        answer = edited(client, reading, **{"kind": "contour", "structure": "left_ventricle", **wrong})
        assert answer["status"] == 422


def test_scar_is_a_part_of_the_wall_of_slices_with_both_contours(context: Context, phantom_files: list[Path]) -> None:
    with TestClient(application(context)) as client:
        reading = wait_until_draft(client, opened(client, phantom_files))
        areas = {
            name: sum(one["segments"][name]["area_mm2"] for one in reading["slices"]) for name in ("scar", *CONTOURS)
        }
        wall_mm2 = areas["left_ventricle"] - areas["blood_pool"]
        assert reading["scar_percent_of_myocardium"] == pytest.approx(100 * areas["scar"] / wall_mm2)
        scar_g, wall_g = (reading[name]["by_slice_spacing"]["mass_g"] for name in ("totals", "myocardium"))
        assert wall_g == pytest.approx(scar_g * wall_mm2 / areas["scar"])
        assert reading["no_reflow_percent_of_myocardium"] is None
        cleared = edited(client, reading, kind="clear", structure="blood_pool")
        assert cleared["scar_percent_of_myocardium"] is None
        assert cleared["myocardium_unknown_because"].startswith("1 slice with scar has no contours")
        assert 0 < cleared["myocardium"]["by_slice_spacing"]["mass_g"] < wall_g
