"""How far a measurement agrees with a reference on the same patients: the figures a method comparison reports."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pingouin
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from scarmass.domain.errors import PairsInvalid

FEWEST_PAIRS = 3
LEVEL = 0.95


class Estimate(NamedTuple):
    """A value with its 95 % confidence interval; nan where undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Estimate(math.nan, math.nan, math.nan)


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
    x, y = _pairs(measured, reference)
    difference = x - y
    mean_reference, mean_of_all = float(y.mean()), float((x.mean() + y.mean()) / 2)
    mae = bootstrap_mean_ci(np.abs(difference), seed)
    bias, lower, upper = limits_of_agreement(x, y)
    within = math.sqrt(float((difference**2).mean()) / 2)
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
        icc=icc_2_1(np.column_stack([x, y])),
        ccc=concordance(x, y),
        cv=_over(within, mean_of_all),
    )


def limits_of_agreement(measured: ArrayLike, reference: ArrayLike) -> tuple[Estimate, Estimate, Estimate]:
    """Bias, lower and upper limit; their standard errors are s / sqrt(n) and s sqrt(1 / n + 1.96^2 / 2 (n - 1))."""
    x, y = _pairs(measured, reference)
    difference, n = x - y, x.size
    bias, deviation = float(difference.mean()), float(difference.std(ddof=1))
    normal, student = float(stats.norm.ppf((1 + LEVEL) / 2)), float(stats.t.ppf((1 + LEVEL) / 2, n - 1))
    half_bias = student * deviation / math.sqrt(n)
    half_limit = student * deviation * math.sqrt(1 / n + normal**2 / (2 * (n - 1)))
    low, high = bias - normal * deviation, bias + normal * deviation
    return _around(bias, half_bias), _around(low, half_limit), _around(high, half_limit)


def icc_2_1(ratings: NDArray[np.floating]) -> Estimate:
    """ICC(2,1) of ratings (subjects, raters): two-way random effects, absolute agreement, a single rating."""
    if np.ptp(ratings) == 0:
        return UNDEFINED
    if (np.ptp(ratings, axis=1) == 0).all():
        return Estimate(1.0, 1.0, 1.0)
    subjects, raters = np.indices(ratings.shape)
    table = pd.DataFrame({"subject": subjects.ravel(), "rater": raters.ravel(), "rating": ratings.ravel()})
    with _unrounded_intervals(), np.errstate(divide="ignore", invalid="ignore"):
        every = pingouin.intraclass_corr(table, "subject", "rater", "rating")
    values, intervals = (dict(zip(every["Type"], every[column], strict=True)) for column in ("ICC", "CI95"))
    low, high = intervals["ICC(A,1)"]
    return Estimate(float(values["ICC(A,1)"]), float(low), float(high))


def concordance(measured: ArrayLike, reference: ArrayLike) -> Estimate:
    """Lin's concordance correlation coefficient, moments with n in the denominator as in his paper."""
    x, y = _pairs(measured, reference)
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
    if np.ptp(sample) == 0:
        return Estimate(mean, mean, mean)
    interval = stats.bootstrap(
        (sample,), np.mean, confidence_level=level, rng=np.random.default_rng(seed)
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high))


@contextmanager
def _unrounded_intervals() -> Iterator[None]:
    """Pingouin rounds intervals to two decimals by a global option."""
    decimals = pingouin.options.pop("round.column.CI95", None)
    try:
        yield
    finally:
        pingouin.options["round.column.CI95"] = decimals


def _pairs(measured: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(measured, dtype=float), np.asarray(reference, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise PairsInvalid(f"values of shape {x.shape} do not pair with values of shape {y.shape}")
    if x.size < FEWEST_PAIRS:
        raise PairsInvalid(f"{x.size} pairs are too few for agreement: {FEWEST_PAIRS} are needed")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise PairsInvalid("a value is not finite")
    return x, y


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return math.nan if np.ptp(x) == 0 or np.ptp(y) == 0 else float(np.corrcoef(x, y)[0, 1])


def _around(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half)


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None
