"""How good boxes are against reference boxes: average precision, recall, and boxes where nothing is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmass.domain.masks import Mask, components
from scarmass.domain.models import DetectedBox
from scarmass.domain.prompts import Box, Structure
from scarmass.training.dataset import AnnotatedSlice

SMALLEST_SCAR_MM2 = 20.0
"""Specks below this area get no reference box (nominal mm2 where the spacing is nominal)."""

SAME_SCAR_GAP_MM = 3.0
"""Parts of scar closer than this share a box, as a reader would draw it."""


@dataclass(frozen=True)
class DetectionScores:
    """Shares and averages from 0 to 1 over slices; nan where no slice could tell."""

    slices: int
    average_precision_50: dict[str, float]
    """By structure, at an overlap of 0.5, over all scores given."""
    left_ventricle_found: float
    """Share of slices with a left ventricle whose best box overlaps it by more than 0.5."""
    scar_recall_30: float
    """Share of reference scar boxes met by a box of at least 0.3 overlap."""
    false_boxes_per_scar_free_slice: float

    @property
    def fitness(self) -> float:
        return float(np.mean(list(self.average_precision_50.values())))


def reference_boxes(annotated: AnnotatedSlice) -> dict[Structure, list[Box]]:
    """What a detector should find on the slice: at most one left ventricle, and a box for each separate scar."""
    ventricle = annotated.masks[Structure.LEFT_VENTRICLE]
    row_mm, column_mm = annotated.pixel_spacing_mm
    scars = [
        part
        for part in _separate_parts(annotated.masks[Structure.SCAR], (row_mm, column_mm))
        if part.sum() * row_mm * column_mm >= SMALLEST_SCAR_MM2
    ]
    return {
        Structure.LEFT_VENTRICLE: [bounding_box(ventricle)] if ventricle.any() else [],
        Structure.SCAR: [bounding_box(scar) for scar in scars],
    }


def bounding_box(mask: Mask) -> Box:
    """The corner-based box around a mask that is not empty."""
    rows, columns = np.nonzero(mask)
    return Box(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))


def intersection_over_union(a: Box, b: Box) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    shared = max(width, 0) * max(height, 0)
    return shared / (a.area + b.area - shared)


def average_precision(
    found: Sequence[Sequence[DetectedBox]], references: Sequence[Sequence[Box]], overlap: float
) -> float:
    """Area under the precision-recall curve with precision made monotonous (PASCAL VOC 2010).

    A box is right when its best-overlapping reference, not taken by a better box, overlaps by `overlap`.
    """
    total = sum(map(len, references))
    if not total:
        return float("nan")
    ranked = sorted(
        ((box, index) for index, boxes in enumerate(found) for box in boxes), key=lambda pair: -pair[0].score
    )
    free = [list(boxes) for boxes in references]
    right = np.array([_take(free[index], detected.box, overlap) for detected, index in ranked], dtype=bool)
    if not right.any():
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(precision[right].sum() / total)


def detection_scores(
    slices: Sequence[AnnotatedSlice],
    proposed: Sequence[Sequence[DetectedBox]],
    every_box: Sequence[Sequence[DetectedBox]],
) -> DetectionScores:
    """Scores of the boxes a detector proposes on each slice.

    every_box: the same with hardly any minimum score, which average precision needs.
    """
    references = [reference_boxes(annotated) for annotated in slices]
    precision = {
        structure.value: average_precision(
            [[box for box in boxes if box.structure is structure] for boxes in every_box],
            [reference[structure] for reference in references],
            0.5,
        )
        for structure in (Structure.LEFT_VENTRICLE, Structure.SCAR)
    }
    false_boxes = [
        sum(box.structure is Structure.SCAR for box in boxes)
        for annotated, boxes in zip(slices, proposed, strict=True)
        if not annotated.masks[Structure.SCAR].any()
    ]
    return DetectionScores(
        slices=len(slices),
        average_precision_50=precision,
        left_ventricle_found=_mean(_met(references, proposed, Structure.LEFT_VENTRICLE, 0.5)),
        scar_recall_30=_mean(_met(references, proposed, Structure.SCAR, 0.3)),
        false_boxes_per_scar_free_slice=_mean(false_boxes),
    )


def _separate_parts(mask: Mask, pixel_spacing_mm: tuple[float, float]) -> list[Mask]:
    """The parts of a mask that are more than SAME_SCAR_GAP_MM apart."""
    if not mask.any():
        return []
    distance_mm = np.asarray(ndimage.distance_transform_edt(~mask, sampling=pixel_spacing_mm))
    return [mask & near for near in components(distance_mm <= SAME_SCAR_GAP_MM / 2)]


def _take(free: list[Box], box: Box, overlap: float) -> bool:
    """Remove from `free` the box that overlaps best, if by enough."""
    best = max(free, key=lambda reference: intersection_over_union(reference, box), default=None)
    if best is None or intersection_over_union(best, box) < overlap:
        return False
    free.remove(best)
    return True


def _met(
    references: Sequence[Mapping[Structure, Sequence[Box]]],
    found: Sequence[Sequence[DetectedBox]],
    structure: Structure,
    overlap: float,
) -> list[bool]:
    """For each reference box of the structure, whether a box of it on that slice overlaps it by `overlap` or more."""
    return [
        any(box.structure is structure and intersection_over_union(reference, box.box) >= overlap for box in boxes)
        for slice_references, boxes in zip(references, found, strict=True)
        for reference in slice_references[structure]
    ]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
