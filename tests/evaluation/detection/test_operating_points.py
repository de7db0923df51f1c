"""The curve over minimum scores, on boxes whose answers can be counted by hand."""

import numpy as np
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.operating_points import box_dice, curve_table, operating_points

SCAR = Box(10, 10, 20, 20)


def scar(box: Box, score: float) -> DetectedBox:
    return DetectedBox(box, Structure.SCAR, score)


def annotated(patient: str, *scars: Box) -> AnnotatedSlice:
    masks = {structure: np.zeros((64, 64), dtype=bool) for structure in Structure}
    for box in scars:
        masks[Structure.SCAR][int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = True
    return AnnotatedSlice(patient, 0, np.zeros((64, 64), np.float32), (1.0, 1.0), masks)


def test_a_higher_minimum_score_trades_recall_for_false_boxes() -> None:
    slices = [annotated("P1", SCAR), annotated("P2", SCAR), annotated("N1")]
    found = [[scar(SCAR, 0.9)], [scar(SCAR, 0.3)], [scar(SCAR, 0.4), scar(Box(40, 40, 50, 50), 0.2)]]
    points = operating_points(slices, found, (0.1, 0.3, 0.35, 0.5, 0.95))
    assert [point.scar_recall_30 for point in points] == [1, 1, 0.5, 0.5, 0]
    assert [point.false_boxes_per_scar_free_patient for point in points] == [2, 1, 1, 0, 0]
    assert [point.scar_free_patients_with_false_boxes for point in points] == [1, 1, 1, 0, 0]
    assert [point.box_dice for point in points] == [1, 1, 0.5, 0.5, 0]


def test_ventricles_are_not_left_out_for_their_score() -> None:
    slices, ventricle = [annotated("P1", SCAR)], DetectedBox(SCAR, Structure.LEFT_VENTRICLE, 0.1)
    [point] = operating_points(slices, [[ventricle, scar(SCAR, 0.6)]], (0.5,))
    assert point.scar_recall_30 == 1


def test_box_dice_pools_a_patients_slices_and_counts_overlapping_boxes_once() -> None:
    """Scar 100 and 0 pixels; boxes cover 150 (50 of them twice) and 100: 2 * 100 / (100 + 250)."""
    slices = [annotated("P1", SCAR), annotated("P1")]
    found = [[scar(SCAR, 0.9), scar(Box(10, 15, 20, 25), 0.9)], [scar(SCAR, 0.9)]]
    assert box_dice(slices, found) == pytest.approx(200 / 350)


def test_box_dice_is_of_patients_with_scar_alone() -> None:
    assert box_dice([annotated("P1", SCAR), annotated("N1")], [[scar(SCAR, 0.9)], [scar(SCAR, 0.9)]]) == 1
    assert np.isnan(box_dice([annotated("N1")], [[]]))


def test_a_box_covers_the_pixels_whose_centres_it_holds_and_may_reach_the_edge() -> None:
    slices = [annotated("P1", Box(60, 0, 64, 4))]
    assert box_dice(slices, [[scar(Box(59.6, 0, 64, 4.4), 0.9)]]) == 1
    assert box_dice(slices, [[scar(Box(59.4, 0, 64, 4), 0.9)]]) == pytest.approx(2 * 16 / (16 + 20))


def test_the_table_has_a_row_a_minimum_score() -> None:
    points = operating_points([annotated("P1", SCAR)], [[scar(SCAR, 0.4)]], (0.25, 0.5))
    lines = curve_table(points).splitlines()
    assert lines[0].startswith("| minimum score | scar recall 30 |")
    assert [line.split("|")[1:3] for line in lines[2:]] == [[" 0.25 ", " 1.00 "], [" 0.50 ", " 0.00 "]]
