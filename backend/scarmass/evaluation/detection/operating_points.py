"""What each minimum score of a scar box would bring on validation: the curve that the detector's is chosen from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask
from scarmass.domain.protocols import DetectedBox, Model
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.scores import detection_scores
from scarmass.evaluation.detection.stacks import detect_stacks
from scarmass.inference.detector import MINIMUM_SCORE, YoloDetector
from scarmass.inference.weights.load import sha256_of

MINIMUM_SCORES = tuple(round(0.05 * step, 2) for step in range(1, 19))
"""0.05 to 0.90."""


@dataclass(frozen=True)
class OperatingPoint:
    """Scores where scar boxes below the minimum score are left out; names as in DetectionScores.

    box_dice: Dice of the boxes' union with the scar, slices pooled, mean over patients with scar. A box holds more
    than its scar, so this is far below one for perfect boxes too; it tells where boxes begin to lose or to flood.
    """

    minimum_score: float
    scar_recall_30: float
    scars_found_per_patient: float
    false_boxes_per_scar_free_slice: float
    false_boxes_per_scar_free_patient: float
    scar_free_patients_with_false_boxes: float
    box_dice: float


def operating_points_of(weights: Path, slices: Sequence[AnnotatedSlice]) -> list[OperatingPoint]:
    """The curve of a weights file, with ventricles as they are served."""
    lowest: Mapping[Structure, float] = {**MINIMUM_SCORE, Structure.SCAR: MINIMUM_SCORES[0]}
    detector = YoloDetector(weights, Model(weights.stem, sha256_of(weights)), "auto", lowest)
    return operating_points(slices, detect_stacks(detector, slices))


def operating_points(
    slices: Sequence[AnnotatedSlice],
    found: Sequence[Sequence[DetectedBox]],
    minimum_scores: Sequence[float] = MINIMUM_SCORES,
) -> list[OperatingPoint]:
    """A point for each minimum score. found: boxes of each slice with scar scores down to the lowest of them.

    Leaving boxes out afterwards is what the detector would do: a fainter box never removes a better duplicate.
    """
    points = []
    for minimum in minimum_scores:
        kept = [[b for b in boxes if b.structure is not Structure.SCAR or b.score >= minimum] for boxes in found]
        scores = detection_scores(slices, kept, kept)
        points.append(
            OperatingPoint(
                minimum_score=minimum,
                scar_recall_30=scores.scar_recall_30,
                scars_found_per_patient=scores.scars_found_per_patient,
                false_boxes_per_scar_free_slice=scores.false_boxes_per_scar_free_slice,
                false_boxes_per_scar_free_patient=scores.false_boxes_per_scar_free_patient,
                scar_free_patients_with_false_boxes=scores.scar_free_patients_with_false_boxes,
                box_dice=box_dice(slices, kept),
            )
        )
    return points


def curve_table(points: Sequence[OperatingPoint]) -> str:
    """The curve in Markdown, a row a minimum score."""
    names = [field.name for field in fields(OperatingPoint)]
    rows = [[f"{getattr(point, name):.2f}" for name in names] for point in points]
    lines = [[name.replace("_", " ") for name in names], ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def box_dice(slices: Sequence[AnnotatedSlice], found: Sequence[Sequence[DetectedBox]]) -> float:
    """Dice of the scar boxes' union with the scar, slices pooled, mean over patients with scar; nan without any."""
    shared: dict[str, int] = {}
    total: dict[str, int] = {}
    with_scar: set[str] = set()
    for annotated, boxes in zip(slices, found, strict=True):
        scar, patient = annotated.masks[Structure.SCAR], annotated.patient
        union = _union(boxes, scar.shape)
        shared[patient] = shared.get(patient, 0) + int((union & scar).sum())
        total[patient] = total.get(patient, 0) + int(union.sum() + scar.sum())
        if scar.any():
            with_scar.add(patient)
    dices = [2 * shared[patient] / total[patient] for patient in with_scar]
    return float(np.mean(dices)) if dices else float("nan")


def _union(boxes: Sequence[DetectedBox], shape: tuple[int, ...]) -> Mask:
    """The pixels whose centres lie in any scar box."""
    union = np.zeros(shape, dtype=bool)
    for found in boxes:
        if found.structure is Structure.SCAR:
            x0, y0, x1, y1 = (
                int(np.ceil(edge - 0.5)) for edge in (found.box.x0, found.box.y0, found.box.x1, found.box.y1)
            )
            union[max(y0, 0) : y1, max(x0, 0) : x1] = True
    return union
