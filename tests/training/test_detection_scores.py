"""Detection scores on boxes whose answers can be counted by hand."""

import numpy as np
import pytest

from scarmass.domain.models import DetectedBox
from scarmass.domain.prompts import Box, Structure
from scarmass.training.dataset import AnnotatedSlice
from scarmass.training.detection_scores import (
    average_precision,
    bounding_box,
    detection_scores,
    intersection_over_union,
    reference_boxes,
)

LEFT, RIGHT = Box(0, 0, 10, 10), Box(40, 0, 50, 10)


def scar(box: Box, score: float) -> DetectedBox:
    return DetectedBox(box, Structure.SCAR, score)


def annotated(*scars: Box) -> AnnotatedSlice:
    """64 x 64 pixels of 1 mm, with a ventricle from 5 to 55 and these scars."""
    masks = {structure: np.zeros((64, 64), dtype=bool) for structure in Structure}
    masks[Structure.LEFT_VENTRICLE][5:55, 5:55] = True
    for box in scars:
        masks[Structure.SCAR][int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = True
    return AnnotatedSlice("Case_P001", 0, np.zeros((64, 64), np.float32), (1.0, 1.0), masks)


def test_overlap_of_boxes() -> None:
    assert intersection_over_union(LEFT, LEFT) == 1
    assert intersection_over_union(LEFT, RIGHT) == 0
    assert intersection_over_union(LEFT, Box(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_a_box_spans_its_masks_outer_pixel_edges() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[2:4, 3] = True
    assert bounding_box(mask) == Box(3, 2, 4, 4)


def test_finding_everything_and_nothing_else_scores_one() -> None:
    assert average_precision([[scar(LEFT, 0.9)], [scar(RIGHT, 0.2)]], [[LEFT], [RIGHT]], 0.5) == 1


def test_a_false_box_ranked_first_halves_the_precision() -> None:
    assert average_precision([[scar(RIGHT, 0.9), scar(LEFT, 0.5)]], [[LEFT]], 0.5) == 0.5


def test_a_second_box_on_the_same_scar_is_false() -> None:
    found = [[scar(LEFT, 0.9), scar(LEFT, 0.8), scar(RIGHT, 0.7)]]
    assert average_precision(found, [[LEFT, RIGHT]], 0.5) == pytest.approx((1 + 2 / 3) / 2)


def test_what_was_missed_counts_against_the_average() -> None:
    assert average_precision([[scar(LEFT, 0.9)]], [[LEFT, RIGHT]], 0.5) == 0.5
    assert average_precision([[]], [[LEFT]], 0.5) == 0
    assert np.isnan(average_precision([[scar(LEFT, 0.9)]], [[]], 0.5))


def test_scars_close_together_share_a_box_and_specks_have_none() -> None:
    near = annotated(Box(10, 10, 20, 16), Box(22, 10, 30, 16))
    apart = annotated(Box(10, 10, 20, 16), Box(40, 10, 50, 16), Box(10, 50, 12, 52))
    assert reference_boxes(near)[Structure.SCAR] == [Box(10, 10, 30, 16)]
    assert reference_boxes(apart)[Structure.SCAR] == [Box(10, 10, 20, 16), Box(40, 10, 50, 16)]
    assert reference_boxes(apart)[Structure.LEFT_VENTRICLE] == [Box(5, 5, 55, 55)]


def test_scores_of_a_stack() -> None:
    where = Box(10, 10, 20, 16)
    slices = [annotated(where), annotated(where), annotated()]
    ventricle = DetectedBox(Box(5, 5, 55, 55), Structure.LEFT_VENTRICLE, 0.9)
    every_box = [[ventricle, scar(where, 0.8)], [scar(where, 0.1)], [ventricle, scar(where, 0.7)]]
    proposed = [every_box[0], [], every_box[2]]
    scores = detection_scores(slices, proposed, every_box)
    assert scores.slices == 3
    assert scores.left_ventricle_found == pytest.approx(2 / 3)
    assert scores.average_precision_50["left_ventricle"] == pytest.approx(2 / 3)
    assert scores.average_precision_50["scar"] == pytest.approx((1 + 2 / 3) / 2)
    assert scores.scar_recall_30 == 0.5
    assert scores.false_boxes_per_scar_free_slice == 1
