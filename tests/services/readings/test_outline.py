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
        own[40:60, 40:60] = True
        painted = {"kind": "paint", "structure": "left_ventricle", "mask": Rle.of(own).model_dump()}
        edited(client, reading, **painted)
        edited(client, reading, kind="clear", structure="blood_pool")
        after = edited(client, reading, kind="propose")["slice"]["segments"]
        assert np.array_equal(from_rle(after["left_ventricle"]["mask"]), own)
        assert after["blood_pool"] == reading["slices"][0]["segments"]["blood_pool"]
