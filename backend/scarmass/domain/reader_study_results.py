"""What comes of a reader study: sets of measurements, and how far they agree between readers, arms and repeats."""

import math
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.agreement import FEWEST_PAIRS, Estimate, icc_2_1, limits_of_agreement, within_subject_cv
from scarmass.domain.mass import Mass, MassExtent, Quantity
from scarmass.domain.reader_study import Arm, Assignment, ReaderStudy


@dataclass(frozen=True, order=True)
class MeasurementSet:
    """One reader's measurements of all stacks in one arm and repeat."""

    reader: str
    arm: Arm
    repeat: int


@dataclass(frozen=True)
class Measurement:
    """A signed reading of a reader study. seconds: of work."""

    assignment: Assignment
    reading_id: uuid.UUID
    mass: Mass
    seconds: float

    @property
    def set(self) -> MeasurementSet:
        return MeasurementSet(self.assignment.reader, self.assignment.arm, self.assignment.repeat)


@dataclass(frozen=True)
class SetSummary:
    """n: measurements of so many stacks. seconds: mean and median of a patient, nan where there are none.

    mean_mass_g: None by an extent that any of their geometries does not know.
    """

    set: MeasurementSet
    n: int
    of: int
    mean_mass_g: Mapping[MassExtent, float | None]
    mean_seconds: float
    median_seconds: float


class Between(StrEnum):
    """What differs between the sets of a comparison: inter-observer, between ways of reading, intra-observer."""

    READERS = "readers"
    ARMS = "arms"
    REPEATS = "repeats"


@dataclass(frozen=True)
class Comparison:
    """Sets that are alike but for what they are compared between; differences are the first less the second."""

    between: Between
    sets: tuple[MeasurementSet, ...]


@dataclass(frozen=True)
class Agreement:
    """Of n patients that every set has measured, in grams. cv: within patients, a fraction; nan where undefined.

    bias, lower_limit, upper_limit: of two sets, None of more.
    """

    n: int
    icc: Estimate
    cv: float
    bias: Estimate | None = None
    lower_limit: Estimate | None = None
    upper_limit: Estimate | None = None


def comparisons(study: ReaderStudy) -> tuple[Comparison, ...]:
    """All that the study compares, whatever is measured of it yet: pairs, and of more than two all of them together.

    Readers and arms are compared by the first repeat.
    """

    def made() -> Iterator[Comparison]:
        for arm in study.arms:
            yield from _among(Between.READERS, [MeasurementSet(reader, arm, 1) for reader in study.readers])
        for reader in study.readers:
            yield from _among(Between.ARMS, [MeasurementSet(reader, arm, 1) for arm in study.arms])
        for reader in study.readers:
            for arm in study.arms:
                repeats = [MeasurementSet(reader, arm, repeat) for repeat in range(1, study.repeats + 1)]
                yield from _among(Between.REPEATS, repeats)

    return tuple(made())


def _among(between: Between, sets: Sequence[MeasurementSet]) -> Iterator[Comparison]:
    if len(sets) > 2:
        yield Comparison(between, tuple(sets))
    for pair in combinations(sets, 2):
        yield Comparison(between, pair)


def grams(comparison: Comparison, measurements: Iterable[Measurement], extent: MassExtent) -> NDArray[np.float64]:
    """(patients, sets): the patients that every set has measured and whose geometry knows the extent, by stack_id."""
    found: dict[str, dict[MeasurementSet, float]] = {}
    for one in measurements:
        quantity = one.mass.by(extent)
        if quantity is not None:
            found.setdefault(one.assignment.stack_id, {})[one.set] = quantity.mass_g
    whole = [of for _, of in sorted(found.items()) if set(comparison.sets) <= of.keys()]
    values = [[of[each] for each in comparison.sets] for of in whole]
    return np.array(values, dtype=float).reshape(len(whole), len(comparison.sets))


def agreement(values: NDArray[np.float64]) -> Agreement | None:
    """Of values (patients, sets); None below three patients."""
    if len(values) < FEWEST_PAIRS:
        return None
    icc, cv = icc_2_1(values), within_subject_cv(values)
    if values.shape[1] != 2:
        return Agreement(len(values), icc, cv)
    return Agreement(len(values), icc, cv, *limits_of_agreement(values[:, 0], values[:, 1]))


def summaries(study: ReaderStudy, measurements: Sequence[Measurement]) -> tuple[SetSummary, ...]:
    """Of every set, in the order of readers, arms and repeats."""
    sets = [
        MeasurementSet(reader, arm, repeat)
        for reader in study.readers
        for arm in study.arms
        for repeat in range(1, study.repeats + 1)
    ]
    return tuple(
        _summary(each, [one for one in measurements if one.set == each], len(study.stack_ids)) for each in sets
    )


def _summary(each: MeasurementSet, measured: Sequence[Measurement], of: int) -> SetSummary:
    seconds = [one.seconds for one in measured]
    means = {extent: _mean([one.mass.by(extent) for one in measured]) for extent in MassExtent}
    mean, median = (float(np.mean(seconds)), float(np.median(seconds))) if seconds else (math.nan, math.nan)
    return SetSummary(each, len(measured), of, means, mean, median)


def _mean(quantities: Sequence[Quantity | None]) -> float | None:
    known = [quantity.mass_g for quantity in quantities if quantity is not None]
    return float(np.mean(known)) if known and len(known) == len(quantities) else None
