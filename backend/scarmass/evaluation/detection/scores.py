"""How good boxes are against reference boxes: average precision, recall, and boxes where nothing is.

Boxes are compared with the reference and never changed by it: a missed scar stays missed, and a box on a slice
without scar is false however faint it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import Box, box_around
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure, is_speck

SAME_SCAR_GAP_MM = 3.0
"""Parts of scar closer than this share a box, as a reader would draw it."""

DETECTED = (Structure.LEFT_VENTRICLE, Structure.SCAR)


@dataclass(frozen=True)
class DetectionScores:
    """Shares and averages over slices or patients; nan where no slice or patient defines them."""

    patients: int
    slices: int
    scar_free_patients: int
    scar_free_slices: int
    mean_average_precision_50: float
    """Over left ventricle and scar."""
    average_precision_50: dict[str, float]
    """By structure, at an overlap of 0.5, over all scores given."""
    left_ventricle_found: float
    """Share of slices with a left ventricle whose best box overlaps it by at least 0.5."""
    scar_recall_30: float
    """Share of reference scar boxes met by a box of at least 0.3 overlap."""
    scars_found_per_patient: float
    """The same share of each patient's own scars, mean over patients who have any."""
    false_boxes_per_scar_free_slice: float
    false_boxes_per_scar_free_patient: float
    scar_free_patients_with_false_boxes: float
    """Share of patients without scar who are given a scar box on any slice."""

    @property
    def fitness(self) -> float:
        """What training chooses by."""
        return self.mean_average_precision_50


@dataclass(frozen=True)
class Ranked:
    """One slice's boxes of one structure: their scores, which of them are right, and how many there are to find."""

    scores: NDArray[np.floating]
    right: NDArray[np.bool_]
    references: int


@dataclass(frozen=True)
class Outcome:
    """What a detector did on one slice.

    met: whether each reference was met by a proposed box. scar_boxes: how many were proposed. shows_scar: at all,
    specks without a reference box included.
    """

    patient: str
    centre: str
    ranked: Mapping[Structure, Ranked]
    met: Mapping[Structure, tuple[bool, ...]]
    scar_boxes: int
    shows_scar: bool


def reference_boxes(annotated: AnnotatedSlice) -> dict[Structure, list[Box]]:
    """What a detector should find on the slice: at most one left ventricle, and a box for each separate scar.

    A speck gets none; its mm2 are nominal where the spacing is nominal.
    """
    ventricle = annotated.masks[Structure.LEFT_VENTRICLE]
    spacing_mm = annotated.pixel_spacing_mm
    parts = _separate_parts(annotated.masks[Structure.SCAR], spacing_mm)
    scars = [part for part in parts if not is_speck(part, spacing_mm)]
    return {
        Structure.LEFT_VENTRICLE: [box_around(ventricle)] if ventricle.any() else [],
        Structure.SCAR: [box_around(scar) for scar in scars],
    }


def intersection_over_union(a: Box, b: Box) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    shared = max(width, 0) * max(height, 0)
    return shared / (a.area + b.area - shared)


def ranked(found: Sequence[DetectedBox], references: Sequence[Box], overlap: float) -> Ranked:
    """A box is right when its best-overlapping reference, not taken by a better box, overlaps by `overlap`."""
    ordered, free = sorted(found, key=lambda box: -box.score), list(references)
    right = [_take(free, detected.box, overlap) for detected in ordered]
    return Ranked(np.array([box.score for box in ordered]), np.array(right, dtype=bool), len(references))


def average_precision(slices: Sequence[Ranked]) -> float:
    """Area under the precision-recall curve with precision made monotonous (PASCAL VOC 2010); nan without reference."""
    total = sum(one.references for one in slices)
    if not total:
        return float("nan")
    scores, right = (np.concatenate([getattr(one, name) for one in slices]) for name in ("scores", "right"))
    right = right[np.argsort(-scores, kind="stable")].astype(bool)
    if not right.any():
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(precision[right].sum() / total)


def outcome(annotated: AnnotatedSlice, proposed: Sequence[DetectedBox], every_box: Sequence[DetectedBox]) -> Outcome:
    """What the boxes that a detector proposes on a slice are worth.

    every_box: the same with hardly any minimum score, which average precision needs.
    """
    references = reference_boxes(annotated)
    return Outcome(
        patient=annotated.patient,
        centre=annotated.centre,
        ranked={one: ranked(_of(one, every_box), references[one], 0.5) for one in DETECTED},
        met={
            Structure.LEFT_VENTRICLE: _met(references, proposed, Structure.LEFT_VENTRICLE, 0.5),
            Structure.SCAR: _met(references, proposed, Structure.SCAR, 0.3),
        },
        scar_boxes=len(_of(Structure.SCAR, proposed)),
        shows_scar=bool(annotated.masks[Structure.SCAR].any()),
    )


def by_patient(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """The outcomes of each patient together, in the order in which patients first come."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault((one.centre, one.patient), []).append(one)
    return list(groups.values())


def detection_scores(
    slices: Sequence[AnnotatedSlice],
    proposed: Sequence[Sequence[DetectedBox]],
    every_box: Sequence[Sequence[DetectedBox]],
) -> DetectionScores:
    """Scores of the boxes on each slice; see outcome."""
    return scores_over(by_patient([outcome(*one) for one in zip(slices, proposed, every_box, strict=True)]))


def scores_over(patients: Sequence[Sequence[Outcome]]) -> DetectionScores:
    """Scores over patients, each given by the outcomes on its slices."""
    slices = [one for patient in patients for one in patient]
    precision = {
        structure.value: average_precision([one.ranked[structure] for one in slices]) for structure in DETECTED
    }
    scars = [[met for one in patient for met in one.met[Structure.SCAR]] for patient in patients]
    free_slices = [one for one in slices if not one.shows_scar]
    free_patients = [patient for patient in patients if not any(one.shows_scar for one in patient)]
    false_of_patients = [sum(one.scar_boxes for one in patient) for patient in free_patients]
    return DetectionScores(
        patients=len(patients),
        slices=len(slices),
        scar_free_patients=len(free_patients),
        scar_free_slices=len(free_slices),
        mean_average_precision_50=_mean(list(precision.values())),
        average_precision_50=precision,
        left_ventricle_found=_mean([met for one in slices for met in one.met[Structure.LEFT_VENTRICLE]]),
        scar_recall_30=_mean([met for own in scars for met in own]),
        scars_found_per_patient=_mean([_mean(own) for own in scars if own]),
        false_boxes_per_scar_free_slice=_mean([one.scar_boxes for one in free_slices]),
        false_boxes_per_scar_free_patient=_mean(false_of_patients),
        scar_free_patients_with_false_boxes=_mean([number > 0 for number in false_of_patients]),
    )


def _separate_parts(mask: Mask, pixel_spacing_mm: tuple[float, float]) -> list[Mask]:
    """The parts of a mask that are more than SAME_SCAR_GAP_MM apart."""
    if not mask.any():
        return []
    distance_mm = np.asarray(ndimage.distance_transform_edt(~mask, sampling=pixel_spacing_mm))
    return [mask & near for near in components(distance_mm <= SAME_SCAR_GAP_MM / 2)]


def _of(structure: Structure, boxes: Sequence[DetectedBox]) -> list[DetectedBox]:
    return [box for box in boxes if box.structure is structure]


def _take(free: list[Box], box: Box, overlap: float) -> bool:
    """Remove from `free` the box that overlaps best, if by enough."""
    best = max(free, key=lambda reference: intersection_over_union(reference, box), default=None)
    if best is None or intersection_over_union(best, box) < overlap:
        return False
    free.remove(best)
    return True


def _met(
    references: Mapping[Structure, Sequence[Box]], found: Sequence[DetectedBox], structure: Structure, overlap: float
) -> tuple[bool, ...]:
    """For each reference box of the structure, whether a box of it overlaps it by `overlap` or more."""
    boxes = _of(structure, found)
    return tuple(
        any(intersection_over_union(reference, detected.box) >= overlap for detected in boxes)
        for reference in references[structure]
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
