"""Agreement, against published worked examples and by hand."""

import math

import numpy as np
import pytest

from scarmass.domain.agreement import Estimate, icc_2_1, limits_of_agreement, within_subject_cv
from scarmass.domain.errors import PairsInvalid

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Six subjects by four judges: Shrout and Fleiss, Psychol Bull 1979;86:420, table 2."""


def test_icc_is_the_one_that_shrout_and_fleiss_print() -> None:
    """ICC(2,1) is .29 in their table 4; the interval .019 to .761 by their formula."""
    found = icc_2_1(SHROUT_FLEISS)
    assert found.value == pytest.approx(0.29, abs=0.005)
    assert found[1:] == pytest.approx((0.019, 0.761), abs=0.001)


def test_icc_by_hand() -> None:
    """Two raters, the second always 1 above: mean squares of 3 patients 2, of raters 1.5, of error 0."""
    found = icc_2_1(np.array([[1, 2], [2, 3], [3, 4]], float))
    assert found.value == pytest.approx(2 / (2 + 2 * 1.5 / 3))
    assert found.low < found.value < found.high


def test_icc_of_nothing_that_varies_is_undefined_and_of_no_difference_perfect() -> None:
    assert all(map(math.isnan, icc_2_1(np.full((4, 2), 3.0))))
    assert icc_2_1(np.array([[1, 1], [2, 2], [5, 5]], float)) == Estimate(1, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(5, 2), (12, 3), (40, 4)])
def test_icc_and_its_interval_are_those_of_pingouin(shape: tuple[int, int]) -> None:
    import pandas as pd
    import pingouin

    random = np.random.default_rng(shape[0])
    ratings = random.gamma(2, 6, (shape[0], 1)) + random.normal(0, 2, shape)
    patients, raters = np.indices(shape)
    table = pd.DataFrame({"patient": patients.ravel(), "rater": raters.ravel(), "grams": ratings.ravel()})
    every = pingouin.intraclass_corr(table, "patient", "rater", "grams").set_index("Type")
    found = icc_2_1(ratings)
    assert found.value == pytest.approx(every.loc["ICC(A,1)", "ICC"])
    assert found[1:] == pytest.approx(tuple(every.loc["ICC(A,1)", "CI95"]), abs=0.0051)  # it rounds to two decimals


def test_bias_and_limits_by_hand() -> None:
    """Differences 1, 2, 3 have mean 2 and SD 1; t of 2 degrees of freedom is 4.3027."""
    bias, lower, upper = limits_of_agreement([2, 4, 6], [1, 2, 3])
    assert bias == pytest.approx((2, 2 - 4.3027 / math.sqrt(3), 2 + 4.3027 / math.sqrt(3)), abs=1e-4)
    assert (lower.value, upper.value) == pytest.approx((2 - 1.95996, 2 + 1.95996), abs=1e-5)
    assert upper.high - upper.value == pytest.approx(4.3027 * math.sqrt(1 / 3 + 1.95996**2 / 4), abs=1e-3)


def test_variation_within_patients_by_hand() -> None:
    """Differences 2 and 4 have variances 2 and 8 within their patients, root of whose mean is the root of 5."""
    assert within_subject_cv(np.array([[9, 11], [8, 12]], float)) == pytest.approx(math.sqrt(5) / 10)
    assert math.isnan(within_subject_cv(np.zeros((3, 2))))


@pytest.mark.parametrize(
    ("measured", "reference", "reason"),
    [([1, 2], [1, 2], "too few"), ([1, 2, 3], [1, 2], "do not pair"), ([1, 2, math.nan], [1, 2, 3], "not finite")],
)
def test_pairs_that_cannot_be_compared_are_refused(measured: list, reference: list, reason: str) -> None:
    with pytest.raises(PairsInvalid, match=reason):
        limits_of_agreement(measured, reference)
