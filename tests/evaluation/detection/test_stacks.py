"""Annotated patients are looked at as stacks, whatever the order of their slices."""

from collections.abc import Sequence

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import DetectedBox, Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.stacks import CloseUp, detect_stacks


class Sees:
    """A ventricle where a slice's first pixel says, as wide; and where it was told to look."""

    def __init__(self, score: float) -> None:
        self.model, self.score, self.looks = Model(f"sees {score}", "0" * 64), score, []

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        self.looks.append((len(images), region))
        starts = [float(image.pixels[0, 0]) for image in images]
        return [[DetectedBox(Box(x, x, 2 * x, 2 * x), Structure.LEFT_VENTRICLE, self.score)] for x in starts]


def slice_of(patient: str, index: int, x: float) -> AnnotatedSlice:
    pixels = np.full((80, 80), x, np.float32)
    return AnnotatedSlice(patient, index, pixels, (1.0, 1.0), {one: np.zeros((80, 80), bool) for one in Structure})


SLICES = [slice_of("A", 0, 10), slice_of("B", 0, 30), slice_of("A", 1, 20), slice_of("B", 1, 30), slice_of("A", 2, 10)]


def test_boxes_come_in_the_order_of_the_slices_and_each_patient_has_its_own_heart() -> None:
    detector = Sees(0.9)
    assert [found[0].box.x0 for found in detect_stacks(detector, SLICES)] == [10, 30, 20, 30, 10]
    assert detector.looks == [
        (3, None),
        (3, HeartRegion(15, 15, 15)),
        (2, None),
        (2, HeartRegion(45, 45, 30)),
    ]


def test_fainter_boxes_are_looked_for_around_the_heart_that_is_served() -> None:
    served, fainter = Sees(0.9), Sees(0.01)
    found = detect_stacks(CloseUp(served, fainter), SLICES[:1])
    assert [box.score for box in found[0]] == [0.01]
    assert served.looks == [(1, None)]
    assert fainter.looks == [(1, HeartRegion(15, 15, 10))]
