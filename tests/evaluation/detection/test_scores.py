"""Detection scores on boxes whose answers can be counted by hand."""

import numpy as np
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.prompts import Box, box_around
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.scores import (
    average_precision,
    detection_scores,
    intersection_over_union,
    ranked,
    reference_boxes,
)

LEFT, RIGHT = Box(0, 0, 10, 10), Box(40, 0, 50, 10)


def scar(box: Box, score: float) -> DetectedBox:
    return DetectedBox(box, Structure.SCAR, score)


def precision(found: list[list[DetectedBox]], references: list[list[Box]]) -> float:
    return average_precision([ranked(*one, 0.5) for one in zip(found, references, strict=True)])


def annotated(*scars: Box, patient: str = "Case_P001", centre: str = "one") -> AnnotatedSlice:
    """64 x 64 pixels of 1 mm, with a ventricle from 5 to 55 and these scars."""
    masks = {structure: np.zeros((64, 64), dtype=bool) for structure in Structure}
    masks[Structure.LEFT_VENTRICLE][5:55, 5:55] = True
    for box in scars:
        masks[Structure.SCAR][int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = True
    return AnnotatedSlice(patient, 0, np.zeros((64, 64), np.float32), (1.0, 1.0), masks, centre)


def test_overlap_of_boxes() -> None:
    assert intersection_over_union(LEFT, LEFT) == 1
    assert intersection_over_union(LEFT, RIGHT) == 0
    assert intersection_over_union(LEFT, Box(5, 0, 15, 10)) == pytest.approx(1 / 3)


def test_a_box_spans_its_masks_outer_pixel_edges() -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[2:4, 3] = True
    assert box_around(mask) == Box(3, 2, 4, 4)


def test_finding_everything_and_nothing_else_scores_one() -> None:
    assert precision([[scar(LEFT, 0.9)], [scar(RIGHT, 0.2)]], [[LEFT], [RIGHT]]) == 1


def test_a_false_box_ranked_first_halves_the_precision() -> None:
    assert precision([[scar(RIGHT, 0.9), scar(LEFT, 0.5)]], [[LEFT]]) == 0.5


def test_a_second_box_on_the_same_scar_is_false() -> None:
    found = [[scar(LEFT, 0.9), scar(LEFT, 0.8), scar(RIGHT, 0.7)]]
    assert precision(found, [[LEFT, RIGHT]]) == pytest.approx((1 + 2 / 3) / 2)


def test_what_was_missed_counts_against_the_average() -> None:
    assert precision([[scar(LEFT, 0.9)]], [[LEFT, RIGHT]]) == 0.5
    assert precision([[]], [[LEFT]]) == 0
    assert np.isnan(precision([[scar(LEFT, 0.9)]], [[]]))


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
    assert scores.mean_average_precision_50 == pytest.approx((2 / 3 + 5 / 6) / 2)


def test_false_boxes_are_counted_on_scar_free_slices_and_on_scar_free_patients() -> None:
    """Two healthy patients, of two slices and one; a third has scar on one slice of two."""
    where = Box(10, 10, 20, 16)
    slices = [
        annotated(patient="N1"),
        annotated(patient="N1"),
        annotated(patient="N2"),
        annotated(where, patient="P1"),
        annotated(patient="P1"),
    ]
    boxes = [[scar(LEFT, 0.5), scar(RIGHT, 0.5)], [scar(LEFT, 0.5)], [], [scar(RIGHT, 0.5)], [scar(LEFT, 0.5)]]
    scores = detection_scores(slices, boxes, boxes)
    assert (scores.patients, scores.scar_free_patients, scores.scar_free_slices) == (3, 2, 4)
    assert scores.false_boxes_per_scar_free_slice == (2 + 1 + 0 + 1) / 4
    assert scores.false_boxes_per_scar_free_patient == (3 + 0) / 2
    assert scores.scar_free_patients_with_false_boxes == 1 / 2


def test_a_patient_with_many_scars_weighs_as_much_as_one_with_few() -> None:
    near, far = Box(10, 10, 20, 16), Box(40, 10, 50, 16)
    slices = [annotated(near, far, patient="P1"), annotated(near, far, patient="P1"), annotated(near, patient="P2")]
    boxes = [[scar(near, 0.9)], [], [scar(near, 0.9)]]
    scores = detection_scores(slices, boxes, boxes)
    assert scores.scar_recall_30 == 2 / 5
    assert scores.scars_found_per_patient == (1 / 4 + 1) / 2


def test_a_missed_scar_stays_missed_and_no_answer_is_right_where_there_is_no_scar() -> None:
    slices = [annotated(Box(10, 10, 20, 16), patient="P1"), annotated(patient="N1")]
    scores = detection_scores(slices, [[], []], [[], []])
    assert scores.scar_recall_30 == 0
    assert scores.average_precision_50["scar"] == 0
    assert scores.false_boxes_per_scar_free_patient == 0


def test_a_speck_without_a_reference_box_is_neither_missed_nor_a_slice_without_scar() -> None:
    slices = [annotated(Box(10, 10, 12, 12))]
    scores = detection_scores(slices, [[scar(LEFT, 0.9)]], [[scar(LEFT, 0.9)]])
    assert np.isnan(scores.scar_recall_30)
    assert np.isnan(scores.false_boxes_per_scar_free_slice)
    assert scores.scar_free_patients == 0


def test_patients_of_one_name_in_two_centres_are_two() -> None:
    slices = [annotated(centre="one"), annotated(centre="two")]
    assert detection_scores(slices, [[], []], [[], []]).patients == 2
