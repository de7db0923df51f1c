"""Validation scores, by which training chooses: the validation patients' slices, read as the evaluation reads them."""

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice, reference_regions
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.overlap import dice
from scarmass.domain.prompts import Prompt, box_around
from scarmass.domain.proposal import VENTRICLE_LOOSENESS
from scarmass.domain.protocols import Segmenter
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.predict import MOST_CLICKS, answer, boxed, corrected
from scarmass.evaluation.simulated_reader import reader_of

AROUND_VENTRICLE_WEIGHT = 0.25

SENSITIVITIES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Of which the best one for all patients is named: other cuts of the same logits, so they cost little."""


@dataclass(frozen=True)
class ValidationScores:
    """Means over slices, in windows from reference outlines. Answers are cut at the sensitivity, where not named other.

    dice_by_clicks: of drawn boxes' answers after 0 to 3 clicks, on slices with a scar large enough to be drawn.
    area_ratio: of the drawn boxes' answers to the reference, all slices together; above 1 is too much.
    around_ventricle: Dice of the answer to a box around the ventricle, on slices with scar.
    scar_free: the same answer as a share of the myocardium, on slices without scar.
    mass_error_by_clicks: mean absolute error of the patients' scar, over its mean, after 0 to 3 clicks.
    best_sensitivity: the one of SENSITIVITIES at which drawn boxes alone have the least mass error; dice_at_best,
    mass_error_at_best: of drawn boxes at that.
    """

    dice_by_clicks: tuple[float, ...]
    area_ratio: float
    around_ventricle: float
    scar_free: float
    mass_error_by_clicks: tuple[float, ...] = ()
    sensitivity: float = 0.0
    best_sensitivity: float = 0.0
    dice_at_best: float = float("nan")
    mass_error_at_best: float = float("nan")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "ValidationScores":
        """As asdict and JSON leave them."""
        lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
        return cls(**{**stored, **lists})

    @property
    def fitness(self) -> float:
        """What is not known counts 0."""
        drawn, around = np.nan_to_num([np.mean(self.dice_by_clicks), self.around_ventricle])
        return float(drawn + AROUND_VENTRICLE_WEIGHT * around)

    def by_name(self) -> dict[str, float]:
        """One number by a name each."""
        named: dict[str, float] = {}
        for name, value in asdict(self).items():
            each = enumerate(value) if isinstance(value, tuple) else [(None, value)]
            named |= {name if clicks is None else f"{name}/{clicks}": number for clicks, number in each}
        return named


@dataclass(frozen=True)
class _SliceScores:
    """What one slice counts for. read: Dice after 0 to 3 clicks; volumes: of the same answers; by_sensitivity: Dice and
    volume of drawn boxes alone."""

    patient: str
    read: tuple[float, ...] | None
    volumes: tuple[float, ...]
    by_sensitivity: tuple[tuple[float, float], ...]
    truth: float
    around: float | None
    scar_free: float | None


def validation_scores(
    segmenter: Segmenter, slices: Sequence[AnnotatedSlice], sensitivity: float = 0.0, seed: int = 0
) -> ValidationScores:
    """Scores of a segmenter through the engine that serves it. Slices without a ventricle count for boxes alone.

    sensitivity: at which the slices' readers draw.
    """
    regions = reference_regions(slices)
    scored = partial(_slice_scores, segmenter, sensitivity=sensitivity, seed=seed)
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as threads:
        every = list(threads.map(lambda annotated: scored(annotated, regions[annotated.patient]), slices))
    read = [one.read for one in every if one.read is not None]
    drawn = [one for one in every if one.read is not None]
    areas = np.array([(one.volumes[0], one.truth) for one in drawn]).reshape(-1, 2).sum(0)
    by_sensitivity = {
        one_of: (
            _mean([one.by_sensitivity[k][0] for one in drawn]),
            _mass_error(every, [one.by_sensitivity[k][1] for one in every]),
        )
        for k, one_of in enumerate(SENSITIVITIES)
    }
    best = min(by_sensitivity, key=lambda one_of: by_sensitivity[one_of][1])
    return ValidationScores(
        dice_by_clicks=tuple(np.mean(read, axis=0).tolist()) if read else (float("nan"),) * (MOST_CLICKS + 1),
        area_ratio=float(areas[0] / areas[1]) if areas[1] else float("nan"),
        around_ventricle=_mean([one.around for one in every if one.around is not None]),
        scar_free=_mean([one.scar_free for one in every if one.scar_free is not None]),
        mass_error_by_clicks=tuple(_mass_error(every, [o.volumes[k] for o in every]) for k in range(MOST_CLICKS + 1)),
        sensitivity=sensitivity,
        best_sensitivity=best,
        dice_at_best=by_sensitivity[best][0],
        mass_error_at_best=by_sensitivity[best][1],
    )


def scores_by_centre(
    segmenter: Segmenter, slices: Mapping[str, Sequence[AnnotatedSlice]], sensitivities: Mapping[str, float]
) -> dict[str, ValidationScores]:
    """Each centre's slices at the sensitivity at which its references count, 0 where none is said."""
    return {centre: validation_scores(segmenter, own, sensitivities.get(centre, 0.0)) for centre, own in slices.items()}


def _slice_scores(
    segmenter: Segmenter, annotated: AnnotatedSlice, region: HeartRegion | None, sensitivity: float, seed: int
) -> _SliceScores:
    image, truth = annotated.image, annotated.masks[Structure.SCAR]
    around = scar_free = read = None
    volumes, by_sensitivity = (0.0,) * (MOST_CLICKS + 1), ((float("nan"), 0.0),) * len(SENSITIVITIES)
    myocardium = annotated.myocardium
    if myocardium.any():
        around_it = box_around(annotated.masks[Structure.LEFT_VENTRICLE], VENTRICLE_LOOSENESS)
        # Not as drawn: what asserts that there is scar is never answered with nothing.
        prompt = Prompt(boxes=(around_it,), sensitivity=sensitivity, is_drawn=False)
        found = answer(segmenter, image, region, prompt)
        if truth.any():
            around = dice(found, truth)
        else:
            scar_free = float(found.sum() / myocardium.sum())
    reader = reader_of(annotated, seed)
    if boxes := reader.boxes():
        answers = [
            answer(segmenter, image, region, Prompt(boxes=boxes, sensitivity=one_of)) for one_of in SENSITIVITIES
        ]
        first = boxed(segmenter, image, region, reader, sensitivity)
        correction = corrected(segmenter, image, region, reader, first)
        masks = [correction.after(clicks) for clicks in range(MOST_CLICKS + 1)]
        read = tuple(dice(mask, truth) for mask in masks)
        volumes = tuple(_volume(mask, annotated) for mask in masks)
        by_sensitivity = tuple((dice(mask, truth), _volume(mask, annotated)) for mask in answers)
    return _SliceScores(annotated.patient, read, volumes, by_sensitivity, _volume(truth, annotated), around, scar_free)


def _volume(mask: Mask, annotated: AnnotatedSlice) -> float:
    """In mm3; in mm2 where the slice spacing is unknown."""
    row_mm, column_mm = annotated.pixel_spacing_mm
    return float(mask.sum()) * row_mm * column_mm * (annotated.slice_spacing_mm or 1.0)


def _mass_error(every: Sequence[_SliceScores], volumes: Sequence[float]) -> float:
    """Mean absolute error of the patients' volumes over their mean."""
    errors: dict[str, float] = defaultdict(float)
    for one, volume in zip(every, volumes, strict=True):
        errors[one.patient] += volume - one.truth
    truth = sum(one.truth for one in every)
    return float(np.abs(list(errors.values())).sum() / truth) if truth else float("nan")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
