"""A candidate beside the models that serve, on held-out readings: what it would gain, and whether it is as good.

A simulated reader reads each reading with both (evaluation/simulated_reader.py). Patients are what is resampled:
several readings of a patient count as one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.prepared import Prepared
from scarmass.domain.agreement import LEVEL, UNDEFINED, Estimate
from scarmass.domain.errors import HeldOutReadingsTooFew
from scarmass.domain.masks import Mask
from scarmass.domain.mass import MassExtent
from scarmass.domain.overlap import dice
from scarmass.domain.promotion import ModelKind
from scarmass.domain.protocols import Detector, Segmenter
from scarmass.domain.structures import Structure
from scarmass.evaluation.agreement.statistics import bootstrap_mean_ci
from scarmass.evaluation.code_version import code_version
from scarmass.evaluation.segmentation.measures import tables
from scarmass.evaluation.segmentation.methods import Method
from scarmass.evaluation.segmentation.predict import MOST_CLICKS, Correction, Prediction
from scarmass.evaluation.segmentation.run import Patients, by_patient, predict_patients
from scarmass.evaluation.segmentation.store import Provenance, open_run

USES = (Method.AUTOMATIC, Method.FOLLOWING_BOX, Method.FOLLOWING)
"""What is proposed, what drawn boxes are answered with, and what a reader ends with."""

FEWEST_PATIENTS = 6
"""With scar. No paired test without assumptions tells anything at 5 % from fewer: 2 / 2^6 = 0.03."""

AGREED_DICE = 0.8
"""At which a reader stops to correct a slice: two readers hardly agree better."""

DICE_MARGIN = 0.02
MASS_MARGIN = 0.05
"""Of the mean reference mass: less than half of what core laboratories differ by among themselves (CV 11 to 15 %)."""
CLICKS_MARGIN = 0.1
"""A slice."""

RESAMPLES = 9999


class Figure(StrEnum):
    """bias: mean difference of the scar's mass from the reference. error: mean absolute difference. clicks: that a
    slice with scar takes until it agrees, one more than the most where it does not."""

    DICE = "dice"
    BIAS = "bias_g"
    ERROR = "error_g"
    CLICKS = "clicks_per_slice"


@dataclass(frozen=True)
class Pair:
    """The models of one side."""

    detector: Detector
    segmenter: Segmenter

    def of(self, kind: ModelKind) -> Detector | Segmenter:
        return self.detector if kind is ModelKind.DETECTOR else self.segmenter


@dataclass(frozen=True)
class Score:
    """What one use measured of one reading. dice, clicks: nan without scar. difference_g: from the reference, nan where
    the geometry knows no mass, as reference_g is."""

    reading: str
    use: Method
    dice: float
    difference_g: float
    reference_g: float
    clicks: float


@dataclass(frozen=True)
class Compared:
    """A figure of one use, means over patients. gain: by how much the candidate is better, 95 % interval over patients.

    margin: a loss that nobody would mind. It is as good where the interval leaves out every larger loss.
    """

    use: Method
    figure: Figure
    patients: int
    current: float
    candidate: float
    gain: Estimate
    margin: float

    @property
    def is_as_good(self) -> bool:
        return self.gain.low >= -self.margin


@dataclass(frozen=True)
class ModelComparison:
    """patients, readings, slices: that were held out."""

    patients: int
    patients_with_scar: int
    readings: int
    slices: int
    figures: tuple[Compared, ...]

    @property
    def worse(self) -> tuple[Compared, ...]:
        """The figures in which the candidate is not shown to be as good."""
        return tuple(one for one in self.figures if not one.is_as_good)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers by name, a gain as {"value", "low", "high"}; None where a figure is not known."""
        figures = [
            {
                **{name: _or_none(value) for name, value in asdict(one).items()},
                "gain": {name: _or_none(value) for name, value in one.gain._asdict().items()},
                "is_as_good": one.is_as_good,
            }
            for one in self.figures
        ]
        return {**asdict(self), "figures": figures}


def compare(
    prepared: Prepared,
    patient_of: Mapping[str, str],
    current: Pair,
    candidate: Pair,
    folder: Path,
    extent: MassExtent = MassExtent.SLICE_THICKNESS,
    sensitivity: float = 0.0,
) -> ModelComparison:
    """Read the test readings with both sides, into folder, which keeps what was predicted.

    patient_of: by reading. extent: of the grams, the other one where a reading's geometry does not know it.
    Raises HeldOutReadingsTooFew, RunConflict where the folder holds another comparison.
    """
    readings = by_patient(prepared.slices("test"))
    patients = {patient_of[name] for name in readings}
    with_scar = {patient_of[name] for name, slices in readings.items() if _has_scar(slices)}
    if len(with_scar) < FEWEST_PATIENTS:
        raise HeldOutReadingsTooFew(
            f"{len(with_scar)} held-out patients have scar, and {FEWEST_PATIENTS} are the fewest that tell anything"
        )

    def scores(pair: Pair, side: str) -> list[Score]:
        models = pair.segmenter.model, pair.detector.model
        open_run(
            folder / side,
            Provenance(*models, prepared.sha256, prepared.split.sha256, "test", 0, sensitivity),
            code_version(),
        )
        predicted = predict_patients(readings, pair.detector, pair.segmenter, folder / side, 0, sensitivity)
        return scores_of(readings, predicted, extent)

    figures = compared(scores(current, "current"), scores(candidate, "candidate"), patient_of)
    return ModelComparison(
        len(patients), len(with_scar), len(readings), sum(len(slices) for slices in readings.values()), figures
    )


def scores_of(readings: Patients, predictions: Mapping[str, Prediction], extent: MassExtent) -> list[Score]:
    """Of every reading in every use of USES."""
    clicks = {name: _mean_clicks(slices, predictions[name]) for name, slices in readings.items()}
    rows, _ = tables(readings, predictions)
    grams, others = (f"mass_by_{each.value}_g" for each in sorted(MassExtent, key=lambda each: each is not extent))
    return [
        Score(
            reading=row["patient"],
            use=Method(row["method"]),
            dice=row["dice"] if row["has_scar"] else np.nan,
            difference_g=row[known] - row[f"reference_{known}"],
            reference_g=row[f"reference_{known}"],
            clicks=clicks[row["patient"]],
        )
        for row in rows.to_dict("records")
        if row["method"] in USES
        for known in [others if np.isnan(row[grams]) else grams]
    ]


def compared(
    current: Sequence[Score], candidate: Sequence[Score], patient_of: Mapping[str, str]
) -> tuple[Compared, ...]:
    """Every figure of every use. current, candidate: scores of the same readings."""
    found: list[Compared] = []
    for use in USES:
        before, after = (
            _ByPatient.of([one for one in side if one.use is use], patient_of) for side in (current, candidate)
        )
        mass_margin = MASS_MARGIN * _mean(before.reference_g)
        found.append(_of_means(use, Figure.DICE, before.dice, after.dice, DICE_MARGIN))
        found.append(_of_biases(use, before.difference_g, after.difference_g, mass_margin))
        found.append(_of_means(use, Figure.ERROR, before.error_g, after.error_g, mass_margin))
        if use is Method.FOLLOWING:
            found.append(_of_means(use, Figure.CLICKS, before.clicks, after.clicks, CLICKS_MARGIN))
    return tuple(found)


def clicks_to_agree(correction: Correction, reference: Mask) -> int:
    """Clicks until a slice agrees with its reference; one more than the most where it never does."""
    agreeing = (n for n in range(MOST_CLICKS + 1) if dice(correction.after(n), reference) >= AGREED_DICE)
    return next(agreeing, MOST_CLICKS + 1)


@dataclass(frozen=True)
class _ByPatient:
    """Means over each patient's readings, (patients,) in the order of their names; nan where none of them tells."""

    dice: NDArray[np.float64]
    clicks: NDArray[np.float64]
    difference_g: NDArray[np.float64]
    error_g: NDArray[np.float64]
    reference_g: NDArray[np.float64]

    @staticmethod
    def of(scores: Sequence[Score], patient_of: Mapping[str, str]) -> "_ByPatient":
        own: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        for one in scores:
            told = one.dice, one.clicks, one.difference_g, abs(one.difference_g), one.reference_g
            own[patient_of[one.reading]].append(told)
        means = [[_mean(np.array(values)) for values in zip(*own[patient], strict=True)] for patient in sorted(own)]
        return _ByPatient(*np.array(means).T)


def _of_means(
    use: Method, figure: Figure, before: NDArray[np.float64], after: NDArray[np.float64], margin: float
) -> Compared:
    known = ~np.isnan(before) & ~np.isnan(after)
    before, after = before[known], after[known]
    gains = after - before if figure is Figure.DICE else before - after
    gain = _widened(bootstrap_mean_ci(gains, seed=0), before.size)
    return Compared(use, figure, before.size, _mean(before), _mean(after), gain, margin)


def _of_biases(use: Method, before: NDArray[np.float64], after: NDArray[np.float64], margin: float) -> Compared:
    """The gain is how much nearer to 0 the bias is; its interval is of percentiles, as |mean| has a corner at 0."""
    known = ~np.isnan(before) & ~np.isnan(after)
    before, after = before[known], after[known]
    gain = UNDEFINED
    if before.size:
        drawn = np.random.default_rng(0).integers(before.size, size=(RESAMPLES, before.size))
        gains = np.abs(before[drawn].mean(axis=1)) - np.abs(after[drawn].mean(axis=1))
        low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        gain = _widened(Estimate(abs(_mean(before)) - abs(_mean(after)), float(low), float(high)), before.size)
    return Compared(use, Figure.BIAS, before.size, _mean(before), _mean(after), gain, margin)


def _widened(interval: Estimate, n: int) -> Estimate:
    """Bootstrap intervals of few patients are too narrow: by t / z and sqrt((n - 1) / n) (Hesterberg, Am Stat
    2015;69:371)."""
    if n < 2:
        return interval
    tail = (1 + LEVEL) / 2
    wider = float(stdtrit(n - 1, tail) / ndtri(tail)) * np.sqrt(n / (n - 1))
    low, high = (interval.value + wider * (end - interval.value) for end in (interval.low, interval.high))
    return Estimate(interval.value, float(low), float(high))


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def _mean(values: NDArray[np.float64]) -> float:
    """Of those that are known; nan without any."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _mean_clicks(slices: Sequence[AnnotatedSlice], prediction: Prediction) -> float:
    """Of the slices with scar; nan without any."""
    read = zip(prediction.following, (annotated.masks[Structure.SCAR] for annotated in slices), strict=True)
    return _mean(np.array([clicks_to_agree(correction, scar) for correction, scar in read if scar.any()], float))


def _has_scar(slices: Sequence[AnnotatedSlice]) -> bool:
    return any(annotated.masks[Structure.SCAR].any() for annotated in slices)
