"""Proposals: the detector says whether a stack shows scar, the segmenter where."""

from collections.abc import Callable

import numpy as np
import pytest

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.proposal import (
    StackDetection,
    detect_stack,
    proposed_boxes,
    proposed_prompt,
)
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage
from scarmass.domain.structures import SMALLEST_SCAR_MM2, Structure
from tests.fakes import EchoSegmenter, FakeDetector, certain

IMAGE = SliceImage("slice", np.zeros((80, 100), np.float32), (2.0, 1.0))
VENTRICLE = DetectedBox(Box(30, 20, 70, 60), Structure.LEFT_VENTRICLE, 0.9)
ELSEWHERE = DetectedBox(Box(31, 21, 40, 30), Structure.SCAR, 0.3)
"""Scar on another slice of the stack, which is what makes scar worth asking for on this one."""


class SeeingSegmenter(EchoSegmenter):
    """Tells structures apart, answers with a given mask, and keeps what it was asked."""

    is_structure_conditioned = True

    def __init__(self, mask: Mask, score: float = 0.7) -> None:
        super().__init__()
        self.mask, self.score, self.asked = mask, score, []

    def segment(self, image: SliceImage, region: object, prompt: Prompt) -> Segmentation:
        self.asked.append(prompt)
        return Segmentation(self.mask, self.score, certain(self.mask))


def proposed(
    segmenter: EchoSegmenter, found: list[DetectedBox], elsewhere: DetectedBox | None = ELSEWHERE
) -> list[DetectedBox]:
    """The boxes of the first slice of a stack of two."""
    other = [] if elsewhere is None else [elsewhere]
    return proposed_boxes(segmenter, IMAGE, StackDetection((found, other), None), 0)


def scars(boxes: list[DetectedBox]) -> list[DetectedBox]:
    return [box for box in boxes if box.structure is Structure.SCAR]


def with_parts(*parts: tuple[slice, slice]) -> Mask:
    mask = np.zeros((80, 100), bool)
    for part in parts:
        mask[part] = True
    return mask


def test_each_part_of_the_scar_seen_in_the_ventricle_becomes_a_box_that_holds_it() -> None:
    parts = ((slice(25, 35), slice(32, 40)), (slice(45, 50), slice(60, 66)))
    segmenter = SeeingSegmenter(with_parts(*parts))
    ventricle, *found = proposed(segmenter, [VENTRICLE])
    assert ventricle == VENTRICLE
    assert {box.structure for box in found} == {Structure.SCAR}
    assert {box.score for box in found} == {0.7}
    for (rows, columns), box in zip(parts, found, strict=True):
        assert columns.start - 1 <= box.box.x0 <= columns.start
        assert columns.stop <= box.box.x1 <= columns.stop + 1
        assert rows.start - 1 <= box.box.y0 <= rows.start
        assert rows.stop <= box.box.y1 <= rows.stop + 1


def test_scar_is_asked_for_in_a_box_a_little_larger_than_the_ventricle() -> None:
    segmenter = SeeingSegmenter(with_parts())
    proposed(segmenter, [VENTRICLE])
    (prompt,) = segmenter.asked
    assert prompt.structure is Structure.SCAR
    assert prompt.boxes == (Box(28, 18, 72, 62),)


@pytest.mark.parametrize(("rows", "seen"), [(3, False), (4, True)])
def test_specks_are_not_proposed(rows: int, seen: bool) -> None:
    columns = 4
    assert (rows * columns * 2.0 * 1.0 >= SMALLEST_SCAR_MM2) == seen
    segmenter = SeeingSegmenter(with_parts((slice(30, 30 + rows), slice(40, 40 + columns))))
    assert bool(scars(proposed(segmenter, [VENTRICLE]))) == seen


@pytest.mark.parametrize(
    ("segmenter", "found"),
    [(lambda mask: EchoSegmenter(), [VENTRICLE]), (SeeingSegmenter, [])],
    ids=["structures are all alike to the segmenter", "no ventricle was found"],
)
def test_without_a_ventricle_or_a_structure_to_ask_for_the_detector_has_the_say(
    segmenter: Callable[[Mask], EchoSegmenter], found: list[DetectedBox]
) -> None:
    detected = [*found, DetectedBox(Box(30, 20, 50, 40), Structure.SCAR, 0.5)]
    assert proposed(segmenter(with_parts((slice(0, 40), slice(0, 40)))), detected) == detected


def test_a_stack_without_any_scar_to_the_detector_is_not_searched_for_it() -> None:
    segmenter = SeeingSegmenter(with_parts((slice(25, 35), slice(32, 40))))
    assert proposed(segmenter, [VENTRICLE], elsewhere=None) == [VENTRICLE]
    assert segmenter.asked == []


def test_where_scar_lies_the_segmenter_says_and_not_the_detector() -> None:
    detected = DetectedBox(Box(60, 50, 69, 59), Structure.SCAR, 0.9)
    segmenter = SeeingSegmenter(with_parts((slice(25, 35), slice(32, 40))))
    (scar,) = scars(proposed(segmenter, [VENTRICLE, detected]))
    assert scar.box.contains(Point(36, 30, True))
    assert scars(proposed(SeeingSegmenter(with_parts()), [VENTRICLE, detected])) == []


def test_the_proposal_asks_for_scars_alone() -> None:
    scar = DetectedBox(Box(30, 20, 50, 40), Structure.SCAR, 0.5)
    assert proposed_prompt([VENTRICLE, scar]).boxes == (scar.box,)
    assert proposed_prompt([VENTRICLE]).boxes == ()


def test_a_stack_has_one_heart_and_each_slice_its_boxes() -> None:
    detection = detect_stack(FakeDetector(), [IMAGE, IMAGE])
    assert [len(boxes) for boxes in detection.boxes] == [2, 2]
    assert detection.region is not None
    assert (detection.region.x, detection.region.y) == (50, 40)


def test_where_no_ventricle_was_found_or_one_away_from_the_heart_it_is_expected_beside_its_neighbours() -> None:
    def at(index: int) -> DetectedBox:
        return DetectedBox(Box(30 + index, 20, 70 - index, 60), Structure.LEFT_VENTRICLE, 0.9)

    away = DetectedBox(Box(80, 60, 99, 79), Structure.LEFT_VENTRICLE, 0.9)
    found = [at(0), [], at(2), at(3), at(4), away]
    boxes = tuple([one] if isinstance(one, DetectedBox) else one for one in found)
    spacing = (1.0, 1.0)
    region = HeartRegion(50, 40, 40)
    detection = StackDetection(boxes, region)
    assert detection.ventricle_at(3, spacing) == at(3).box
    for index in (1, 5):
        box = detection.ventricle_at(index, spacing)
        assert box is not None
        assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((30 + index, 20, 70 - index, 60))
    assert StackDetection(([at(0)], []), region).ventricle_at(1, spacing) == region.box(spacing)
    assert StackDetection(([], []), None).ventricle_at(0, spacing) is None
