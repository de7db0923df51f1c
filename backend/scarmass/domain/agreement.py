"""How far measurements of the same patients agree: bias and limits of agreement, ICC and within-subject variation."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri, ndtri, stdtrit

from scarmass.domain.errors import PairsInvalid

FEWEST_PAIRS = 3
LEVEL = 0.95


class Estimate(NamedTuple):
    """A value with its 95 % confidence interval; nan where undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Estimate(math.nan, math.nan, math.nan)


def limits_of_agreement(measured: ArrayLike, reference: ArrayLike) -> tuple[Estimate, Estimate, Estimate]:
    """Bias, lower and upper limit of measured - reference, (n,) each.

    Their standard errors are s / sqrt(n) and s sqrt(1 / n + 1.96^2 / 2 (n - 1)) (Bland and Altman, Stat Methods Med
    Res 1999;8:135). Raises PairsInvalid where lengths differ, n is below 3 or a value is not finite.
    """
    x, y = paired(measured, reference)
    difference, n = x - y, x.size
    bias, deviation = float(difference.mean()), float(difference.std(ddof=1))
    normal, student = float(ndtri((1 + LEVEL) / 2)), float(stdtrit(n - 1, (1 + LEVEL) / 2))
    half_bias = student * deviation / math.sqrt(n)
    half_limit = student * deviation * math.sqrt(1 / n + normal**2 / (2 * (n - 1)))
    low, high = bias - normal * deviation, bias + normal * deviation
    return _around(bias, half_bias), _around(low, half_limit), _around(high, half_limit)


def icc_2_1(ratings: NDArray[np.floating]) -> Estimate:
    """ICC(2,1) of ratings (subjects, raters): two-way random effects, absolute agreement, a single rating.

    Shrout and Fleiss, Psychol Bull 1979;86:420. nan where nothing varies; a perfect one has an interval of no width.
    """
    subjects, raters = ratings.shape
    if np.ptp(ratings) == 0:
        return UNDEFINED
    if (np.ptp(ratings, axis=1) == 0).all():
        return Estimate(1.0, 1.0, 1.0)
    mean, of_subjects, of_raters = ratings.mean(), ratings.mean(axis=1), ratings.mean(axis=0)
    left = ratings - of_subjects[:, None] - of_raters + mean
    between_subjects = raters * ((of_subjects - mean) ** 2).sum() / (subjects - 1)
    between_raters = subjects * ((of_raters - mean) ** 2).sum() / (raters - 1)
    error = (left**2).sum() / ((subjects - 1) * (raters - 1))
    noise = (raters - 1) * error + raters * (between_raters - error) / subjects
    icc = (between_subjects - error) / (between_subjects + noise)
    # Satterthwaite's degrees of freedom, multiplied by error^2 so that they stand where there is none.
    by_raters = raters * icc * between_raters
    by_error = (subjects * (1 + (raters - 1) * icc) - raters * icc) * error
    degrees = (raters - 1) * (subjects - 1) * (by_raters + by_error) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = degrees / ((subjects - 1) * by_raters**2 + by_error**2)
    tail = (1 + LEVEL) / 2
    above, below = float(fdtri(subjects - 1, degrees, tail)), float(fdtri(degrees, subjects - 1, tail))
    spread = raters * between_raters + (raters * subjects - raters - subjects) * error
    low = subjects * (between_subjects - above * error) / (above * spread + subjects * between_subjects)
    high = subjects * (below * between_subjects - error) / (spread + subjects * below * between_subjects)
    return Estimate(float(icc), float(low), float(high))


def within_subject_cv(ratings: NDArray[np.floating]) -> float:
    """Root of the mean variance within subjects of ratings (subjects, raters), over the mean of all; nan where that is
    not above 0. Of two raters it is sqrt(sum d^2 / 2n) over the mean."""
    mean = float(ratings.mean())
    return math.sqrt(float(ratings.var(axis=1, ddof=1).mean())) / mean if mean > 0 else math.nan


def paired(measured: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as finite (n,) arrays. Raises PairsInvalid."""
    x, y = np.asarray(measured, dtype=float), np.asarray(reference, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise PairsInvalid(f"values of shape {x.shape} do not pair with values of shape {y.shape}")
    if x.size < FEWEST_PAIRS:
        raise PairsInvalid(f"{x.size} pairs are too few for agreement: {FEWEST_PAIRS} are needed")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise PairsInvalid("a value is not finite")
    return x, y


def _around(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half)
