"""How unsure a reading is, over REST: asked of the models slice by slice, and only where something changed."""

from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Segmentation, SliceImage
from scarmass.services.context import Context
from tests.api.test_readings import edit, reading, stack
from tests.services.readings.test_sensitivity import RampSegmenter, as_drawn_at

pytestmark = pytest.mark.slow

__all__ = ["reading", "stack"]


class CountingRamp(RampSegmenter):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Prompt]] = []

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        self.asked.append((image.key, prompt))
        return super().segment(image, region, prompt)


class SureSegmenter(RampSegmenter):
    """Its answer is the same in whatever boxes and at whatever sensitivity."""

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        mask = np.zeros(image.pixels.shape, bool)
        mask[100:120, 100:120] = True
        return Segmentation(mask, 0.9, np.where(mask, np.float32(np.inf), np.float32(-np.inf)))


@pytest.fixture
def segmenter() -> CountingRamp:
    return CountingRamp()


@pytest.fixture
def context(context: Context, segmenter: CountingRamp) -> Context:
    context.segmenter = segmenter
    return context


@pytest.fixture
def spread(client: TestClient, reading: dict) -> Callable[[], dict]:
    def ask() -> dict:
        return client.get(f"/api/v1/readings/{reading['id']}/spread").raise_for_status().json()

    return ask


def grams(mass: dict | None) -> float | None:
    return None if mass is None else mass["by_slice_thickness"]["mass_g"]


def test_the_spread_is_what_one_step_of_sensitivity_and_jittered_boxes_move(
    client: TestClient, reading: dict, spread: Callable[[], dict]
) -> None:
    told = spread()
    assert [one["sop_instance_uid"] for one in told["slices"]] == [one["sop_instance_uid"] for one in reading["slices"]]
    one = reading["slices"][0]
    header = reading["images"][0]
    moved = [sum(as_drawn_at(one, value)["counts"][1::2]) for value in (-1, 1)]
    by_sensitivity = (moved[1] - moved[0]) / 2 * np.prod(header["pixel_spacing_mm"])
    least_g = by_sensitivity * header["slice_thickness_mm"] * 1.05e-3
    of_slice = grams(told["slices"][0]["spread"])
    assert of_slice is not None
    assert least_g < of_slice < 2 * least_g
    total = grams(told["spread"])
    assert total is not None
    assert least_g * len(reading["slices"]) <= total <= sum(grams(each["spread"]) or 0 for each in told["slices"])
    assert told["spread"]["by_slice_spacing"]["mass_g"] > total


def test_what_is_asked_once_is_not_asked_again_and_an_edit_asks_for_its_slice_alone(
    client: TestClient, reading: dict, spread: Callable[[], dict], segmenter: CountingRamp
) -> None:
    first = spread()
    segmenter.asked.clear()
    assert spread() == first
    assert segmenter.asked == []
    box = {"x0": 70.0, "y0": 70.0, "x1": 90.0, "y1": 90.0}
    edit(client, reading, 0, "prompt", 2, boxes=[box])
    segmenter.asked.clear()
    after = spread()
    assert len({key for key, _ in segmenter.asked}) == 1
    changed = [index for index, one in enumerate(after["slices"]) if one != first["slices"][index]]
    assert (after["revision"], changed) == (1, [2])


def test_with_points_the_segmenter_is_asked_at_each_sensitivity_itself(
    client: TestClient, reading: dict, spread: Callable[[], dict], segmenter: CountingRamp
) -> None:
    spread()
    told = reading["slices"][2]
    edit(client, reading, 0, "prompt", 2, boxes=told["boxes"], points=[{"x": 80.0, "y": 80.0, "positive": True}])
    segmenter.asked.clear()
    spread()
    assert {prompt.sensitivity for _, prompt in segmenter.asked if len(prompt.points)} == {-1.0, 0.0, 1.0}


def test_what_a_reader_painted_or_decided_against_is_sure(
    client: TestClient, reading: dict, spread: Callable[[], dict]
) -> None:
    before = spread()
    edit(client, reading, 0, "sensitivity", follows=False)
    edit(client, reading, 1, "paint", 0, mask=reading["slices"][0]["mask"])
    edit(client, reading, 2, "no_scar", 1)
    edit(client, reading, 3, "exclude", 2)
    edit(client, reading, 4, "accept", 3)
    after = spread()
    assert [one["spread"] is None for one in after["slices"][:4]] == [True, True, True, False]
    assert grams(after["spread"]) < grams(before["spread"])  # type: ignore[operator]


def test_the_most_unsure_are_named_until_they_are_decided(
    client: TestClient, reading: dict, spread: Callable[[], dict]
) -> None:
    told = spread()
    first = told["check_first"]
    assert len(first) == 3
    by_uid = {one["sop_instance_uid"]: grams(one["spread"]) for one in told["slices"]}
    most = sorted((value for value in by_uid.values() if value is not None), reverse=True)[:3]
    assert [by_uid[one["sop_instance_uid"]] for one in first] == most
    index = next(
        at for at, one in enumerate(reading["slices"]) if one["sop_instance_uid"] == first[0]["sop_instance_uid"]
    )
    edit(client, reading, 0, "sensitivity", follows=False)
    edit(client, reading, 1, "accept", index)
    assert first[0] not in spread()["check_first"]


def test_where_the_answers_agree_nothing_is_unsure(
    client: TestClient, reading: dict, spread: Callable[[], dict], context: Context
) -> None:
    context.segmenter = SureSegmenter()
    context.segmenter.model = context.detector.model  # type: ignore[misc]
    told = spread()
    assert grams(told["spread"]) == 0
    assert told["check_first"] == []


def test_a_reading_that_is_not_there_has_no_spread(client: TestClient) -> None:
    answer = client.get("/api/v1/readings/00000000-0000-0000-0000-000000000000/spread")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:scarmass:problem:ReadingNotFound")
