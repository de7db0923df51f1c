"""Validation scores, by which training chooses: the validation patients' slices, read as the evaluation reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice, reference_regions
from scarmass.domain.overlap import dice
from scarmass.domain.prompts import Prompt, box_around
from scarmass.domain.proposal import VENTRICLE_LOOSENESS
from scarmass.domain.protocols import Segmenter
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation.predict import MOST_CLICKS, Correction, answer, corrected
from scarmass.evaluation.simulated_reader import reader_of

AROUND_VENTRICLE_WEIGHT = 0.25


@dataclass(frozen=True)
class ValidationScores:
    """Means over slices, in windows from reference outlines.

    dice_by_clicks: of drawn boxes' answers after 0 to 3 clicks, on slices with a scar large enough to be drawn.
    area_ratio: of the drawn boxes' answers to the reference, all slices together; above 1 is too much.
    around_ventricle: Dice of the answer to a box around the ventricle, on slices with scar.
    scar_free: the same answer as a share of the myocardium, on slices without scar.
    """

    dice_by_clicks: tuple[float, ...]
    area_ratio: float
    around_ventricle: float
    scar_free: float

    @property
    def fitness(self) -> float:
        return float(np.mean(self.dice_by_clicks)) + AROUND_VENTRICLE_WEIGHT * self.around_ventricle

    def by_name(self) -> dict[str, float]:
        clicks = {f"validation/dice/{number} clicks": dice for number, dice in enumerate(self.dice_by_clicks)}
        others = {"area_ratio": self.area_ratio, "around_ventricle": self.around_ventricle, "scar_free": self.scar_free}
        return clicks | {f"validation/{name}": value for name, value in others.items()}


def validation_scores(segmenter: Segmenter, slices: Sequence[AnnotatedSlice], seed: int = 0) -> ValidationScores:
    """Scores of a segmenter through the engine that serves it. Slices without a ventricle count for boxes alone."""
    regions = reference_regions(slices)
    by_clicks: list[list[float]] = []
    around: list[float] = []
    scar_free: list[float] = []
    areas = np.zeros(2)
    for annotated in slices:
        image, region, truth = annotated.image, regions[annotated.patient], annotated.masks[Structure.SCAR]
        ventricle = annotated.masks[Structure.LEFT_VENTRICLE]
        myocardium = annotated.myocardium
        if myocardium.any():
            prompt = Prompt(Structure.SCAR, (box_around(ventricle, VENTRICLE_LOOSENESS),))
            found = answer(segmenter, image, region, prompt)
            if truth.any():
                around.append(dice(found, truth))
            else:
                scar_free.append(float(found.sum() / myocardium.sum()))
        reader = reader_of(annotated, seed)
        if boxes := reader.boxes():
            first = Correction(boxes, (), (answer(segmenter, image, region, Prompt(Structure.SCAR, boxes)),))
            read = corrected(segmenter, image, region, reader, first)
            by_clicks.append([dice(read.after(clicks), truth) for clicks in range(MOST_CLICKS + 1)])
            areas += read.after(0).sum(), truth.sum()
    mean = np.mean(by_clicks, axis=0) if by_clicks else np.full(MOST_CLICKS + 1, np.nan)
    return ValidationScores(
        dice_by_clicks=tuple(mean.tolist()),
        area_ratio=float(areas[0] / areas[1]) if areas[1] else float("nan"),
        around_ventricle=float(np.mean(around)) if around else float("nan"),
        scar_free=float(np.mean(scar_free)) if scar_free else float("nan"),
    )
