"""Measure a detector on patients it was not trained on, as it is served: scores, their intervals, and time."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import Model
from scarmass.evaluation.detection.scores import (
    DetectionScores,
    Outcome,
    by_patient,
    outcome,
    scores_over,
)
from scarmass.evaluation.detection.stacks import CloseUp, detect_stacks
from scarmass.inference.detector import MINIMUM_SCORE, STRUCTURES, YoloDetector
from scarmass.inference.weights.load import sha256_of

LOWEST_SCORE = 0.01
"""Boxes down to this score enter the average precision."""

PHANTOM_SEEDS = range(20000, 20008)
"""Used neither in training nor in the demonstration studies."""

RESAMPLES, SEED = 1000, 0

MAIN_SCORES = {
    "mean_average_precision_50": "mAP50",
    "left_ventricle_found": "left ventricle found, IoU 0.5",
    "scar_recall_30": "scar recall, IoU 0.3",
    "scars_found_per_patient": "scars found per patient",
    "false_boxes_per_scar_free_slice": "false boxes per scar-free slice",
    "false_boxes_per_scar_free_patient": "false boxes per scar-free patient",
    "scar_free_patients_with_false_boxes": "scar-free patients with a false box",
}
"""The scores that get an interval, as a model card names them."""


@dataclass(frozen=True)
class CentreReport:
    """One centre's scores, or those of all, with 95 % intervals by score."""

    scores: DetectionScores
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class DetectorReport:
    """centres: by name, and "all" first. sha256: of the weights."""

    sha256: str
    part: str
    dataset_sha256: str
    split_sha256: str
    minimum_scores: dict[str, float]
    seconds_per_slice: float
    centres: dict[str, CentreReport]

    def json(self) -> str:
        """Everything; null where a score is undefined."""
        return json.dumps(_without_nan(asdict(self)), indent=2, allow_nan=False)

    def markdown(self) -> str:
        """A table of the main scores: a row each, a column for each centre."""
        names = list(self.centres)
        lines = [f"| {self.part} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        every = [report.scores for report in self.centres.values()]
        rows = [
            ("patients (without scar)", [f"{one.patients} ({one.scar_free_patients})" for one in every]),
            ("slices (without scar)", [f"{one.slices} ({one.scar_free_slices})" for one in every]),
            *((f"AP50 {name}", [f"{one.average_precision_50[name]:.2f}" for one in every]) for name in STRUCTURES),
            *(
                (label, [_with_interval(report, name) for report in self.centres.values()])
                for name, label in MAIN_SCORES.items()
            ),
        ]
        lines += [f"| {label} | {' | '.join(cells)} |" for label, cells in rows]
        return "\n".join([*lines, "", f"{self.seconds_per_slice:.2f} s a slice (median)."])


def scores_of(weights: Path, slices: Sequence[AnnotatedSlice], device: str = "cpu") -> DetectionScores:
    """Scores of a weights file on annotated slices, through the very code that serves it."""
    return scores_over(by_patient(outcomes_of(weights, slices, device)))


def outcomes_of(weights: Path, slices: Sequence[AnnotatedSlice], device: str = "cpu") -> list[Outcome]:
    model = Model(weights.stem, sha256_of(weights))
    served = YoloDetector(weights, model, device)
    lowest = YoloDetector(weights, model, device, dict.fromkeys(STRUCTURES, LOWEST_SCORE))
    proposed, every_box = detect_stacks(served, slices), detect_stacks(CloseUp(served, lowest), slices)
    return [outcome(*one) for one in zip(slices, proposed, every_box, strict=True)]


def report_of(
    weights: Path, slices: Sequence[AnnotatedSlice], part: str, dataset_sha256: str, split_sha256: str
) -> DetectorReport:
    """Everything a model card says of a detector on one part of a dataset."""
    outcomes = outcomes_of(weights, slices, "auto")
    centres = sorted({one.centre for one in outcomes})
    groups = {"all": outcomes}
    if len(centres) > 1:
        groups |= {centre: [one for one in outcomes if one.centre == centre] for centre in centres}
    return DetectorReport(
        sha256=sha256_of(weights),
        part=part,
        dataset_sha256=dataset_sha256,
        split_sha256=split_sha256,
        minimum_scores={structure.value: MINIMUM_SCORE[structure] for structure in STRUCTURES},
        seconds_per_slice=seconds_per_slice(weights, slices),
        centres={
            name: CentreReport(scores_over(by_patient(own)), intervals_of(by_patient(own)))
            for name, own in groups.items()
        },
    )


def intervals_of(
    patients: Sequence[Sequence[Outcome]], resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, tuple[float, float]]:
    """95 % intervals of the main scores: percentiles over patients drawn with replacement, each with all slices.

    nan where a score is undefined in more than half of the resamples.
    """
    generator = np.random.default_rng(seed)
    drawn = [
        scores_over([patients[i] for i in generator.integers(len(patients), size=len(patients))])
        for _ in range(resamples)
    ]
    return {name: _interval([getattr(one, name) for one in drawn]) for name in MAIN_SCORES}


def seconds_per_slice(weights: Path, slices: Sequence[AnnotatedSlice]) -> float:
    """Median time of a slice looked at alone, whole and close up where its ventricle is found, after one to warm up."""
    detector = YoloDetector(weights, Model(weights.stem, sha256_of(weights)), "auto")
    detect_stack(detector, [slices[0].image])
    seconds = []
    for annotated in slices[:12]:
        started = time.perf_counter()
        detect_stack(detector, [annotated.image])
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


def _interval(values: Sequence[float]) -> tuple[float, float]:
    defined = [value for value in values if not np.isnan(value)]
    if 2 * len(defined) < len(values):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


def _with_interval(report: CentreReport, name: str) -> str:
    low, high = report.intervals[name]
    return f"{getattr(report.scores, name):.2f} ({low:.2f} to {high:.2f})"


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and np.isnan(value) else value
