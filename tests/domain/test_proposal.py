"""Proposals: the segmenter says whether a stack shows scar, and where."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.proposal import (
    CERTAIN_SENSITIVITY,
    LEAST_CERTAIN_SHARE,
    StackDetection,
    detect_stack,
    looked_at_closely,
    proposed_prompt,
    scar_on_slice,
    shows_scar,
    stack_detection,
)
from scarmass.domain.protocols import DetectedBox, Segmentation, SliceImage
from scarmass.domain.structures import SMALLEST_SCAR_MM2, Structure
from tests.fakes import EchoSegmenter, FakeDetector, certain

IMAGE = SliceImage("slice", np.zeros((80, 100), np.float32), (2.0, 1.0))
VENTRICLE = DetectedBox(Box(30, 20, 70, 60), Structure.LEFT_VENTRICLE, 0.9)
TWO_VENTRICLES = stack_detection([[VENTRICLE], [VENTRICLE]], IMAGE.pixel_spacing_mm)


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
    segmenter: EchoSegmenter, found: list[DetectedBox], other: Sequence[DetectedBox] = ()
) -> list[DetectedBox]:
    """The boxes of the first slice of a stack of two that shows scar."""
    return [*scar_on_slice(segmenter, IMAGE, stack_detection([found, list(other)], IMAGE.pixel_spacing_mm), 0).boxes]


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


def test_scar_is_asked_for_where_the_ventricle_is_expected_on_a_slice_on_which_it_was_not_found() -> None:
    segmenter = SeeingSegmenter(with_parts((slice(25, 35), slice(32, 40))))
    (scar,) = proposed(segmenter, [], other=[VENTRICLE])
    assert scar.structure is Structure.SCAR
    assert segmenter.asked[0].boxes[0].contains(Point(50, 40, True))


class CertainSegmenter(SeeingSegmenter):
    """Answers scar at a logit on so many pixels."""

    def __init__(self, pixels: int, logit: float) -> None:
        super().__init__(np.arange(80 * 100).reshape(80, 100) < pixels)
        self.logit = logit

    def segment(self, image: SliceImage, region: object, prompt: Prompt) -> Segmentation:
        logits = np.where(self.mask, np.float32(self.logit), np.float32(-np.inf))
        return Segmentation(self.mask, self.score, logits)


@pytest.mark.parametrize(("logit", "mm2"), [(-CERTAIN_SENSITIVITY + 0.1, 14.0), (-CERTAIN_SENSITIVITY - 0.1, 0.0)])
def test_scar_is_certain_where_it_is_answered_at_a_low_sensitivity_too(logit: float, mm2: float) -> None:
    for sensitivity in (-5.0, 0.0, 5.0):  # at which it is asked
        assert scar_on_slice(CertainSegmenter(7, logit), IMAGE, TWO_VENTRICLES, 1, sensitivity).certain_mm2 == mm2


LEAST_MM2 = LEAST_CERTAIN_SHARE * 2 * (40 * 40 * 2.0)
"""Of two ventricles of 40 by 40 pixels."""


@pytest.mark.parametrize(
    ("certain_mm2", "shown"),
    [
        ([0.0, LEAST_MM2 + 0.1], True),
        ([None, LEAST_MM2 + 0.1], True),
        ([LEAST_MM2 / 2, LEAST_MM2 / 2 + 0.1], True),
        ([LEAST_MM2 / 2, LEAST_MM2 / 2 - 0.1], False),
        ([None, LEAST_MM2 - 0.1], None),
        ([None, None], None),
    ],
)
def test_a_stack_shows_scar_where_enough_of_all_its_slices_is_certain(
    certain_mm2: list[float | None], shown: bool | None
) -> None:
    assert shows_scar(SeeingSegmenter(with_parts()), TWO_VENTRICLES, IMAGE.pixel_spacing_mm, certain_mm2) is shown


@pytest.mark.parametrize(
    ("segmenter", "detection"),
    [(EchoSegmenter(), TWO_VENTRICLES), (SeeingSegmenter(with_parts()), StackDetection(([], []), None))],
    ids=["structures are all alike to the segmenter", "no ventricle was found"],
)
def test_where_the_segmenter_cannot_be_asked_the_detector_s_scars_stand(
    segmenter: EchoSegmenter, detection: StackDetection
) -> None:
    assert shows_scar(segmenter, detection, IMAGE.pixel_spacing_mm, [0.0, 0.0])
    assert scar_on_slice(segmenter, IMAGE, detection, 0).certain_mm2 == 0.0


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


class LooksTwice:
    """Small on the whole of a slice, larger close up; where close_up is False, seen on the whole alone."""

    model = FakeDetector.model

    def __init__(self, *close_up: bool, finds_the_heart: bool = True) -> None:
        self.close_up, self.finds_the_heart, self.regions = close_up, finds_the_heart, []

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        self.regions.append(region)
        if region is None:
            return [[WHOLE] if self.finds_the_heart else [] for _ in images]
        return [[CLOSE] if is_seen else [] for is_seen in self.close_up]


WHOLE = DetectedBox(Box(30, 20, 70, 60), Structure.LEFT_VENTRICLE, 0.9)
CLOSE = DetectedBox(Box(25, 20, 75, 70), Structure.LEFT_VENTRICLE, 0.8)


def test_the_ventricle_is_where_it_is_seen_close_up_around_the_heart_and_else_where_the_whole_slice_shows_it() -> None:
    detector = LooksTwice(True, False, True)
    detection = detect_stack(detector, [IMAGE] * 3)
    assert detection.boxes == ([CLOSE], [WHOLE], [CLOSE])
    assert detector.regions == [None, HeartRegion(50, 40, 80)]
    assert detection.region == HeartRegion(50, 45, 100)


def test_a_ventricle_that_only_the_whole_slice_shows_is_left_out_away_from_the_heart() -> None:
    away = DetectedBox(Box(80, 60, 99, 79), Structure.LEFT_VENTRICLE, 0.9)
    whole = stack_detection([[WHOLE], [away], [WHOLE]], IMAGE.pixel_spacing_mm)
    assert looked_at_closely(whole, [[CLOSE], [], []], IMAGE.pixel_spacing_mm).boxes == ([CLOSE], [], [WHOLE])


def test_without_a_heart_there_is_no_close_look() -> None:
    detector = LooksTwice(finds_the_heart=False)
    assert detect_stack(detector, [IMAGE]) == StackDetection(([],), None)
    assert detector.regions == [None]


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
    steep = StackDetection(
        (
            [],
            [],
            [],
            *([DetectedBox(Box(20 + 9 * i, 20, 60 + 9 * i, 60), Structure.LEFT_VENTRICLE, 0.9)] for i in range(3)),
        ),
        region,
    )
    assert steep.ventricle_at(0, spacing) == region.box(spacing)  # and not where the line leads, away from the heart
    assert StackDetection(([], []), None).ventricle_at(0, spacing) is None
