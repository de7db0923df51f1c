"""What is said of where scar lies comes with the edit that outlined it, is kept with it and asks no model later."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.domain.errors import ModelsUnavailable
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, from_rle, to_rle
from scarmass.domain.prompts import Box, Prompt, within
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage, VentricleOutline
from scarmass.domain.reading import Origin, Segment, SliceChange
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.readings import placement
from tests.api.test_readings import edit, reading, stack
from tests.fakes import EchoSegmenter, FakeDetector, WithoutOutlines, certain

pytestmark = pytest.mark.slow

__all__ = ["reading", "stack"]

CHEST_WALL = {"x0": 4.0, "y0": 4.0, "x1": 24.0, "y1": 24.0}
CAVITY = {"x0": 116.0, "y0": 116.0, "x1": 140.0, "y1": 140.0}
WALL = {"x0": 66.0, "y0": 100.0, "x1": 80.0, "y1": 120.0}
OUTSIDE = "of the scar lie outside the left ventricle"


class SeesBlood(EchoSegmenter):
    """Echoes what a reader draws; in the ventricle's box it takes the middle for blood, and for scar at a logit."""

    is_structure_conditioned = True

    def __init__(self, scar_logit: float) -> None:
        super().__init__()
        self.scar_logit = scar_logit
        self.asked: list[Structure] = []

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        if prompt.is_drawn:
            return super().segment(image, region, prompt)
        self.before_answer(prompt)
        self.asked.append(prompt.structure)
        blood = self.blood(image, prompt.boxes[0])
        logits = np.where(blood, np.float32(self.scar_logit), np.float32(-np.inf))
        return Segmentation(logits > 0, 0.5, logits)

    def outline_ventricle(
        self, image: SliceImage, region: HeartRegion | None, box: Box | None
    ) -> VentricleOutline | None:
        if box is None:
            return None
        return VentricleOutline(certain(within(box, image.pixels.shape)), certain(self.blood(image, box)))

    def blood(self, image: SliceImage, box: Box) -> Mask:
        x, y = box.centre
        return within(Box(x - 40, y - 40, x + 40, y + 40), image.pixels.shape)


class KnowsScarAlone(WithoutOutlines):
    is_structure_conditioned = True


class SeesTheHeartOnFirstSlice(FakeDetector):
    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        found = super().detect(images, region)
        return found if self.calls == 1 else [[] for _ in images]


class SeesNoHeart(FakeDetector):
    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return [[] for _ in images]


def painted(reading: dict, *boxes: dict) -> dict:
    rows, columns = reading["images"][0]["rows"], reading["images"][0]["columns"]
    mask = np.zeros((rows, columns), bool)
    for box in boxes:
        mask |= within(Box(**box), mask.shape)
    return to_rle(mask)


def stored(client: TestClient, reading: dict) -> dict:
    return client.get(f"/api/v1/readings/{reading['id']}").json()


def test_what_is_proposed_in_the_ventricle_bears_no_warning(reading: dict) -> None:
    assert reading["slices_with_warnings"] == 0
    assert all(told["warnings"] == [] for told in reading["slices"])


def test_a_box_on_the_chest_wall_is_answered_with_its_grams_and_the_part_meant(
    client: TestClient, reading: dict
) -> None:
    answer = edit(client, reading, 0, "prompt", 3, boxes=[CHEST_WALL, WALL])
    told = answer["slice"]
    outside = from_rle(told["segments"]["scar"]["misplaced"])
    assert np.array_equal(outside, within(Box(**CHEST_WALL), outside.shape))
    header = reading["images"][3]
    area_mm2 = float(outside.sum()) * np.prod(header["pixel_spacing_mm"])
    grams = area_mm2 * header["slice_thickness_mm"] * 1.05e-3
    assert told["warnings"] == told["segments"]["scar"]["warnings"] == [f"{grams:.1f} g {OUTSIDE}"]
    assert answer["slices_with_warnings"] == 1


def test_it_is_stored_with_the_outline_and_follows_it(client: TestClient, reading: dict, context: Context) -> None:
    edit(client, reading, 0, "sensitivity", follows=False)
    told = edit(client, reading, 1, "paint", 3, mask=painted(reading, CHEST_WALL, WALL))["slice"]
    assert OUTSIDE in told["warnings"][0]
    context.segmenter.before_answer = lambda _: pytest.fail("was asked")  # type: ignore[attr-defined]
    assert stored(client, reading)["slices"][3] == told
    accepted = edit(client, reading, 2, "accept", 3)["slice"]
    assert accepted["warnings"] == told["warnings"]
    cleaned = edit(client, reading, 3, "remove_part", 3, point={"x": 10, "y": 10})
    assert (cleaned["slice"]["warnings"], cleaned["slices_with_warnings"]) == ([], 0)
    assert cleaned["slice"]["segments"]["scar"]["misplaced"] is None
    undone = edit(client, reading, 4, "undo")
    assert undone["slice"]["warnings"] == told["warnings"]


def test_a_slice_that_does_not_count_is_not_counted(client: TestClient, reading: dict) -> None:
    edit(client, reading, 0, "prompt", 3, boxes=[CHEST_WALL])
    assert edit(client, reading, 1, "exclude", 3)["slices_with_warnings"] == 0
    assert edit(client, reading, 2, "no_scar", 3)["slice"]["warnings"] == []


def test_scar_in_the_blood_is_said_where_the_segmenter_knows_blood(
    client: TestClient, reading: dict, context: Context
) -> None:
    assert edit(client, reading, 0, "paint", 3, mask=painted(reading, CAVITY))["slice"]["warnings"] == []
    context.segmenter = KnowsScarAlone()
    assert edit(client, reading, 1, "prompt", 4, boxes=[CAVITY])["slice"]["warnings"] == []
    context.segmenter = segmenter = SeesBlood(scar_logit=-9)
    (warning,) = edit(client, reading, 2, "prompt", 5, boxes=[CAVITY, WALL])["slice"]["warnings"]
    assert warning.endswith("of the scar lie in the blood pool")
    edit(client, reading, 3, "prompt", 5, boxes=[CAVITY])
    assert segmenter.asked == [Structure.SCAR]


def test_what_the_segmenter_might_take_for_scar_itself_is_not_said_to_be_blood(
    client: TestClient, reading: dict, context: Context
) -> None:
    context.segmenter = SeesBlood(scar_logit=-7)
    assert edit(client, reading, 0, "prompt", 5, boxes=[CAVITY])["slice"]["warnings"] == []


def test_a_slice_without_a_ventricle_is_judged_by_the_hearts_region(
    client: TestClient, reading: dict, context: Context
) -> None:
    context.detector, context.detections = SeesTheHeartOnFirstSlice(), type(context.detections)()
    assert edit(client, reading, 0, "prompt", 3, boxes=[WALL])["slice"]["warnings"] == []
    (warning,) = edit(client, reading, 1, "prompt", 3, boxes=[CHEST_WALL])["slice"]["warnings"]
    assert OUTSIDE in warning


def test_where_no_heart_was_found_nothing_is_said(client: TestClient, reading: dict, context: Context) -> None:
    context.detector, context.detections = SeesNoHeart(), type(context.detections)()
    assert edit(client, reading, 0, "prompt", 3, boxes=[CHEST_WALL])["slice"]["warnings"] == []


def test_what_was_painted_is_stored_though_models_fail(client: TestClient, reading: dict, context: Context) -> None:
    edit(client, reading, 0, "sensitivity", follows=False)
    context.detections = type(context.detections)()
    context.detector.detect = lambda *_: 1 / 0  # type: ignore[method-assign]
    answer = edit(client, reading, 1, "paint", 3, mask=painted(reading, CHEST_WALL))
    assert (answer["status"], answer["slice"]["warnings"]) == (200, [])


def test_a_more_generous_outline_is_judged_anew(client: TestClient, reading: dict) -> None:
    drawn = edit(client, reading, 0, "prompt", 3, boxes=[CHEST_WALL])["slice"]
    more = edit(client, reading, 1, "sensitivity", 3, sensitivity=2.0)
    redrawn = {told["index"]: told for told in more["slices"]}
    assert redrawn[3]["warnings"] == drawn["warnings"]
    assert redrawn[2]["warnings"] == []


def test_every_exported_row_of_a_slice_says_it(client: TestClient, reading: dict) -> None:
    warnings = edit(client, reading, 0, "prompt", 3, boxes=[CHEST_WALL])["slice"]["warnings"]
    url = f"/api/v1/readings/{reading['id']}/export"
    rows = client.get(url, params={"format": "json"}).json()["rows"]
    said = [row["slice_warnings"] for row in rows if row["row"] == "slice"]
    assert said == ["; ".join(warnings) if index == 3 else "" for index in range(len(said))]
    assert [row["slice_warnings"] for row in csv.DictReader(io.StringIO(client.get(url).text))][: len(said)] == said


def test_other_services_hear_it_from_segment(client: TestClient, stack: dict) -> None:
    named = {"sop_instance_uid": stack["slices"][3]["sop_instance_uid"]}
    by_box = {
        box["x0"]: client.post("/api/v1/segment", json={**named, "boxes": [box]}).json()["warnings"]
        for box in (CHEST_WALL, WALL)
    }
    assert OUTSIDE in by_box[CHEST_WALL["x0"]][0]
    assert by_box[WALL["x0"]] == []
    ventricle = {**named, "structure": "left_ventricle", "boxes": [CHEST_WALL]}
    assert client.post("/api/v1/segment", json=ventricle).json()["warnings"] == []


def test_the_view_tells_where_the_ventricle_lies_on_each_slice(client: TestClient, stack: dict) -> None:
    view = client.get(f"/api/v1/stacks/{stack['stack_id']}/view").json()
    assert [one["sop_instance_uid"] for one in view["ventricles"]] == [
        one["sop_instance_uid"] for one in stack["slices"]
    ]
    assert view["ventricles"][0]["box"] == view["heart"]
    assert view["ventricle_margin_mm"] == 10


def test_where_models_are_away_they_are_asked_for_one_slice_of_an_edit_alone(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def away(*arguments: object) -> Segment:
        asked.append(arguments[2])
        raise ModelsUnavailable("away")

    monkeypatch.setattr(placement, "placed", away)
    slices = [SimpleNamespace(key=(f"1.{number}", 1)) for number in range(3)]
    scar = Segment(np.ones((4, 4), bool), Origin.PAINT, warnings=("told before",))
    changes = {one.key: SliceChange(segments={Structure.SCAR: scar}) for one in slices}
    kept = placement.with_warnings(context, slices, changes)  # type: ignore[arg-type]
    assert len(asked) == 1
    assert all(change.segments[Structure.SCAR] == replace(scar, warnings=()) for change in kept.values())
    with pytest.raises(ModelsUnavailable):
        placement.with_warnings(context, slices, changes, waits=True)  # type: ignore[arg-type]
