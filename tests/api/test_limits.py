"""The pixels above a limit: what a threshold brush may paint."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Segmentation, SliceImage
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.stacks import get_slice, slice_image
from tests.conftest import upload
from tests.fakes import EchoSegmenter, certain

pytestmark = pytest.mark.slow

SD_LIMITS = ("2sd", "3sd", "4sd", "5sd", "6sd")


class RingSegmenter(EchoSegmenter):
    """The ventricle fills each box and the blood pool the middle half of it; scar is a box's upper left eighth."""

    is_structure_conditioned = True

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        share = {Structure.BLOOD_POOL: (0.25, 0.75), Structure.SCAR: (0.0, 0.125)}.get(prompt.structure, (0.0, 1.0))
        mask = np.zeros(image.pixels.shape, bool)
        for box in prompt.boxes:
            (top, bottom), (left, right) = (
                [round(low + part * (high - low)) for part in share]
                for low, high in ((box.y0, box.y1), (box.x0, box.x1))
            )
            mask[top:bottom, left:right] = True
        return Segmentation(mask, 0.9, certain(mask))


@pytest.fixture
def one(client: TestClient, phantom_files: list[Path]) -> dict:
    """A slice in the middle of a phantom's stack, as its header describes it."""
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    slices = client.get(f"/api/v1/stacks/{stack_id}").json()["slices"]
    return slices[len(slices) // 2]


def above(client: TestClient, one: dict, limit: str, **more: float) -> Mask:
    answer = client.get(f"/api/v1/slices/{one['sop_instance_uid']}/1/above", params={"limit": limit, **more})
    assert answer.status_code == 200, answer.text
    return from_rle(answer.json()["mask"])


def test_higher_limits_have_fewer_pixels_above_and_each_is_brighter_than_those_below(
    client: TestClient, context: Context, one: dict
) -> None:
    context.segmenter = RingSegmenter()
    pixels = slice_image(context.files, get_slice(context, one["sop_instance_uid"], 1)[1]).pixels
    masks = [above(client, one, limit) for limit in SD_LIMITS]
    for lower, higher in pairwise(masks):
        assert not (higher & ~lower).any()
        assert higher.sum() < lower.sum()
    for mask in (*masks, above(client, one, "fwhm")):
        assert 0 < mask.sum() < mask.size
        assert pixels[mask].min() > pixels[~mask].max()


def test_the_model_s_own_limit_is_its_scar_in_the_ventricle(client: TestClient, context: Context, one: dict) -> None:
    context.segmenter = RingSegmenter()
    assert 0 < above(client, one, "model").sum() < one["rows"] * one["columns"] / 100


class SlopeSegmenter(RingSegmenter):
    """Logits of scar fall from 6 to -6 along the columns; what was drawn asserts that there is some."""

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        if prompt.structure is not Structure.SCAR:
            return super().segment(image, region, prompt)
        logits = np.broadcast_to(np.linspace(6, -6, image.pixels.shape[1], dtype=np.float32), image.pixels.shape)
        mask = logits > -prompt.sensitivity
        return Segmentation(mask | prompt.is_drawn, 0.9, logits)


def test_the_model_s_limit_is_the_one_in_force_and_limits_of_signal_know_no_sensitivity(
    client: TestClient, context: Context, one: dict
) -> None:
    context.segmenter = SlopeSegmenter()
    logits = np.linspace(6, -6, one["columns"], dtype=np.float32)
    assert np.array_equal(above(client, one, "model"), above(client, one, "model", sensitivity=0))
    for sensitivity in (-1, 0, 2.5, 4):
        mask = above(client, one, "model", sensitivity=sensitivity)
        assert np.array_equal(mask, np.broadcast_to(logits > -sensitivity, mask.shape))
    for limit in ("3sd", "fwhm"):
        assert np.array_equal(above(client, one, limit), above(client, one, limit, sensitivity=4))


def test_a_sensitivity_that_no_reading_can_have_is_refused(client: TestClient, one: dict) -> None:
    url = f"/api/v1/slices/{one['sop_instance_uid']}/1/above"
    for sensitivity in ("inf", "nan", "1000", "much"):
        assert client.get(url, params={"limit": "model", "sensitivity": sensitivity}).status_code == 422


def test_without_a_wall_there_is_no_limit_and_the_answer_says_so(client: TestClient, one: dict) -> None:
    answer = client.get(f"/api/v1/slices/{one['sop_instance_uid']}/1/above", params={"limit": "5sd"})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("ThresholdUndefined")
    assert "wall" in answer.json()["detail"]


def test_a_limit_that_nobody_knows_is_refused(client: TestClient, one: dict) -> None:
    url = f"/api/v1/slices/{one['sop_instance_uid']}/1/above"
    assert client.get(url, params={"limit": "7sd"}).status_code == 422
    assert client.get(url).status_code == 422
