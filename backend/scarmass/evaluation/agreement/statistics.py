"""How far a measurement agrees with a reference on the same patients: the figures a method comparison reports."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from scarmass.domain.agreement import (
    FEWEST_PAIRS,
    LEVEL,
    UNDEFINED,
    Estimate,
    icc_2_1,
    limits_of_agreement,
    paired,
    within_subject_cv,
)

ROUNDING = 1e-12
"""Of a mean: values that differ by no more are equal but for how they were computed."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of n pairs; differences are measured - reference, in the unit of both.

    r2_pearson: squared Pearson correlation. r2_identity: 1 - SSres / SStot about the identity line, negative where
    the reference's mean would do better. mae: mean absolute error, BCa bootstrap interval; relative_mae: over the
    reference's mean, a fraction. bias, lower_limit, upper_limit: mean difference and 95 % limits of agreement
    (bias -+ 1.96 sd_of_differences) with exact and approximate intervals (Bland and Altman, Stat Methods Med Res
    1999;8:135). wilcoxon_p: two-sided signed-rank test, zero differences dropped. icc: ICC(2,1), absolute agreement
    of single ratings (Shrout and Fleiss, Psychol Bull 1979;86:420; ICC(A,1) of McGraw and Wong). ccc: concordance
    correlation (Lin, Biometrics 1989;45:255, variance as corrected in 2000;56:324), interval by z transformation.
    cv: within-subject SD, sqrt(sum d^2 / 2n), over the mean of all 2n values, a fraction.

    nan, None in as_json(), stands where a figure is not defined: correlations where either side does not vary, ICC
    where nothing varies, wilcoxon_p where all differences are 0, relative_mae and cv where their mean is not above
    0. Intervals of a perfect ICC or CCC have no width.
    """

    n: int
    mean_measured: float
    mean_reference: float
    r2_pearson: float
    r2_identity: float
    mae: Estimate
    relative_mae: float
    rmse: float
    bias: Estimate
    sd_of_differences: float
    lower_limit: Estimate
    upper_limit: Estimate
    median_difference: float
    wilcoxon_p: float
    icc: Estimate
    ccc: Estimate
    cv: float

    def as_json(self) -> dict[str, Any]:
        """Plain numbers by name, an estimate as {"value", "low", "high"}."""
        return {
            name: {part: _or_none(number) for part, number in zip(Estimate._fields, value, strict=True)}
            if isinstance(value, tuple)
            else _or_none(value)
            for name, value in asdict(self).items()
        }


def agreement(measured: ArrayLike, reference: ArrayLike, seed: int = 0) -> Agreement:
    """Agreement of two (n,) sequences, one pair a patient. seed: of the bootstrap.

    Raises PairsInvalid where lengths differ, n is below 3 or a value is not finite.
    """
    x, y = paired(measured, reference)
    difference = x - y
    ratings, mean_reference = np.column_stack([x, y]), float(y.mean())
    mae = bootstrap_mean_ci(np.abs(difference), seed)
    bias, lower, upper = limits_of_agreement(x, y)
    return Agreement(
        n=x.size,
        mean_measured=float(x.mean()),
        mean_reference=mean_reference,
        r2_pearson=_pearson(x, y) ** 2,
        r2_identity=_over(float(((y - y.mean()) ** 2).sum() - (difference**2).sum()), float(y.var() * y.size)),
        mae=mae,
        relative_mae=_over(mae.value, mean_reference),
        rmse=math.sqrt(float((difference**2).mean())),
        bias=bias,
        sd_of_differences=float(difference.std(ddof=1)),
        lower_limit=lower,
        upper_limit=upper,
        median_difference=float(np.median(difference)),
        wilcoxon_p=float(np.asarray(stats.wilcoxon(difference))[1]) if difference.any() else math.nan,
        icc=icc_2_1(ratings),
        ccc=concordance(x, y),
        cv=within_subject_cv(ratings),
    )


def concordance(measured: ArrayLike, reference: ArrayLike) -> Estimate:
    """Lin's concordance correlation coefficient, moments with n in the denominator as in his paper."""
    x, y = paired(measured, reference)
    r = _pearson(x, y)
    if math.isnan(r):
        return UNDEFINED
    shift = float(x.mean() - y.mean())
    scale = float(x.std() * y.std())
    rho = 2 * r * scale / float(x.var() + y.var() + shift**2)
    if abs(rho) > 1 - 1e-12:
        return Estimate(*[math.copysign(1.0, rho)] * 3)
    if abs(r) < 1e-12 or x.size < FEWEST_PAIRS:
        return Estimate(rho, math.nan, math.nan)
    u2 = shift**2 / scale
    variance = (
        (1 - r**2) * rho**2 * (1 - rho**2) / r**2 + 2 * rho**3 * (1 - rho) * u2 / r - rho**4 * u2**2 / (2 * r**2)
    ) / (x.size - 2)
    half = float(stats.norm.ppf((1 + LEVEL) / 2)) * math.sqrt(max(variance, 0.0)) / (1 - rho**2)
    return Estimate(rho, math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half))


def bootstrap_mean_ci(values: ArrayLike, seed: int, level: float = LEVEL) -> Estimate:
    """Mean of (n,) values with its bias-corrected and accelerated bootstrap interval, 9999 resamples.

    Values that are all equal give an interval of no width, a single value none, no values nan.
    """
    sample = np.asarray(values, dtype=float)
    if sample.size == 0:
        return UNDEFINED
    mean = float(sample.mean())
    if sample.size == 1:
        return Estimate(mean, math.nan, math.nan)
    if np.ptp(sample) <= ROUNDING * abs(mean):
        return Estimate(mean, mean, mean)
    interval = stats.bootstrap(
        (sample,), np.mean, confidence_level=level, rng=np.random.default_rng(seed)
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high))


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return math.nan if np.ptp(x) == 0 or np.ptp(y) == 0 else float(np.corrcoef(x, y)[0, 1])


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None
