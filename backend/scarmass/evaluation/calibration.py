"""A site's own sensitivity: fitted to its reference readings, and what it brings on patients it was not fitted to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.errors import ReferenceReadingsTooFew
from scarmass.domain.masks import Mask
from scarmass.domain.overlap import pooled_dice
from scarmass.domain.prompts import Prompt
from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.domain.sensitivity import fitted_sensitivity, mask_at
from scarmass.domain.structures import Structure
from scarmass.evaluation.simulated_reader import reader_of

FEWEST_PATIENTS = 5


@dataclass(frozen=True)
class BoxedSlice:
    """A slice with scar: logits (rows, columns) of the answer to boxes drawn round it, and its reference mask.

    pixel_mm3: what one pixel stands for; mm2 where the slice spacing is not known.
    """

    logits: NDArray[np.float32]
    reference: Mask
    pixel_mm3: float


@dataclass(frozen=True)
class Accuracy:
    """Means over patients: Dice of the pooled slices, bias and absolute error of the scar's size in % of it."""

    dice: float
    bias_percent: float
    error_percent: float


@dataclass(frozen=True)
class Calibration:
    """sensitivity: fitted to all patients. before: at the model's own limit. after: each patient at what fits the
    others, whose range is left_out."""

    sensitivity: float
    patients: int
    slices: int
    before: Accuracy
    after: Accuracy
    left_out: tuple[float, float]


def boxed_slices(
    detector: Detector, segmenter: Segmenter, patients: Mapping[str, Sequence[AnnotatedSlice]], seed: int = 0
) -> dict[str, list[BoxedSlice]]:
    """The patients with scar, each of their slices asked for in boxes that are drawn as a reader would."""
    boxed: dict[str, list[BoxedSlice]] = {}
    for patient, slices in patients.items():
        drawn = [(annotated, boxes) for annotated in slices if (boxes := reader_of(annotated, seed).boxes())]
        if not drawn:
            continue
        region = detect_stack(detector, [annotated.image for annotated in slices]).region
        boxed[patient] = [
            BoxedSlice(
                segmenter.segment(annotated.image, region, Prompt(boxes=boxes)).logits,
                annotated.masks[Structure.SCAR],
                float(np.prod(annotated.pixel_spacing_mm)) * (annotated.slice_spacing_mm or 1.0),
            )
            for annotated, boxes in drawn
        ]
    return boxed


def calibrate(patients: Mapping[str, Sequence[BoxedSlice]]) -> Calibration:
    """Fit a sensitivity to all patients, and judge each patient by what fits the others.

    Raises ReferenceReadingsTooFew.
    """
    if len(patients) < FEWEST_PATIENTS:
        raise ReferenceReadingsTooFew(
            f"{len(patients)} patients with scar; {FEWEST_PATIENTS} to 10 are needed to fit a sensitivity"
        )
    by_others = {patient: _fit([patients[other] for other in patients if other != patient]) for patient in patients}
    return Calibration(
        _fit(list(patients.values())),
        len(patients),
        sum(len(slices) for slices in patients.values()),
        _accuracy([(slices, 0.0) for slices in patients.values()]),
        _accuracy([(slices, by_others[patient]) for patient, slices in patients.items()]),
        (min(by_others.values()), max(by_others.values())),
    )


def _fit(patients: Sequence[Sequence[BoxedSlice]]) -> float:
    return fitted_sensitivity([(one.logits, one.reference) for slices in patients for one in slices], prior=0.0)


def _accuracy(patients: Sequence[tuple[Sequence[BoxedSlice], float]]) -> Accuracy:
    """Each patient at a sensitivity."""
    dice, relative = [], []
    for slices, sensitivity in patients:
        masks = [mask_at(one.logits, sensitivity) for one in slices]
        dice.append(pooled_dice(masks, [one.reference for one in slices]))
        measured = sum(mask.sum() * one.pixel_mm3 for mask, one in zip(masks, slices, strict=True))
        relative.append(measured / sum(one.reference.sum() * one.pixel_mm3 for one in slices) - 1)
    return Accuracy(float(np.mean(dice)), float(100 * np.mean(relative)), float(100 * np.mean(np.abs(relative))))
