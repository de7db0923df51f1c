"""Agreement, against published worked examples."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.domain.agreement import Estimate
from scarmass.domain.errors import PairsInvalid
from scarmass.evaluation.agreement.statistics import agreement, bootstrap_mean_ci, concordance

pytestmark = pytest.mark.slow

WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI_WRIGHT = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
"""Peak expiratory flow, l/min, first readings by two meters: Bland and Altman, Lancet 1986;327:307, table 1."""


def test_bias_and_limits_are_those_that_bland_and_altman_print() -> None:
    """They print -2.1 with SD 38.8, and with 2 SD limits of -79.7 and 75.5; 1.96 SD are a little nearer."""
    found = agreement(WRIGHT, MINI_WRIGHT)
    assert found.n == 17
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd_of_differences == pytest.approx(38.8, abs=0.05)
    assert found.lower_limit.value == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.1)
    assert found.upper_limit.value == pytest.approx(-2.1 + 1.96 * 38.8, abs=0.1)


def test_intervals_of_bias_and_limits_are_those_that_bland_and_altman_print() -> None:
    """-22.0 to 17.8 for the bias. For the limits they take 3 s^2 / n, -114.3 to -45.1 and 40.9 to 110.1, of which
    ours, with 1 / n + 1.96^2 / 2 (n - 1), differs by less than 1 in width once set about their limits."""
    found = agreement(WRIGHT, MINI_WRIGHT)
    assert found.bias[1:] == pytest.approx((-22.0, 17.8), abs=0.1)
    assert found.lower_limit.high - found.lower_limit.value == pytest.approx((114.3 - 45.1) / 2, abs=1)
    assert found.upper_limit.value - found.upper_limit.low == pytest.approx((110.1 - 40.9) / 2, abs=1)


def test_correlation_is_the_one_that_bland_and_altman_print() -> None:
    assert math.sqrt(agreement(WRIGHT, MINI_WRIGHT).r2_pearson) == pytest.approx(0.94, abs=0.005)


def test_concordance_by_hand() -> None:
    """Means 3.5 and 2.5, variances 1.25, covariance 1, so r = 0.8 and rho = 2 / (1.25 + 1.25 + 1)."""
    found = concordance([2, 3, 5, 4], [1, 2, 3, 4])
    assert found.value == pytest.approx(2 / 3.5)
    assert found[1:] == pytest.approx((-0.32566, 0.92709), abs=1e-5)


def test_the_small_figures_by_hand() -> None:
    """Differences 1, -2, 0, 3 about references of mean 5 and squared deviations 9 + 1 + 1 + 9."""
    found = agreement([3, 2, 6, 11], [2, 4, 6, 8])
    assert (found.mean_measured, found.mean_reference) == (5.5, 5)
    assert found.mae.value == pytest.approx(1.5)
    assert found.relative_mae == pytest.approx(0.3)
    assert found.rmse == pytest.approx(math.sqrt(14 / 4))
    assert found.r2_identity == pytest.approx(1 - 14 / 20)
    assert found.median_difference == pytest.approx(0.5)
    assert found.cv == pytest.approx(math.sqrt(14 / 8) / 5.25)


def test_signed_ranks_by_hand() -> None:
    """All six differences point one way: two of 2^6 equally likely patterns are as extreme."""
    reference = np.arange(6.0)
    assert agreement(reference + np.arange(1, 7), reference).wilcoxon_p == pytest.approx(2 / 2**6)


def test_squared_correlation_forgives_what_the_identity_line_does_not() -> None:
    reference = np.array([1.0, 2, 3, 4])
    found = agreement(2 * reference, reference)
    assert found.r2_pearson == pytest.approx(1)
    assert found.r2_identity == pytest.approx(1 - 30 / 5)


def test_perfect_agreement_has_no_test_of_its_differences() -> None:
    found = agreement([1, 2, 4], [1, 2, 4])
    assert found.icc == found.ccc == Estimate(1, 1, 1)
    assert found.mae == found.bias == found.lower_limit == Estimate(0, 0, 0)
    assert math.isnan(found.wilcoxon_p)


def test_what_is_undefined_is_not_a_number_and_in_json_null() -> None:
    flat = agreement([0, 0, 0], [0, 0, 0])
    assert math.isnan(flat.r2_pearson)
    assert flat.as_json()["r2_identity"] is None
    assert flat.as_json()["icc"] == flat.as_json()["ccc"] == {"value": None, "low": None, "high": None}
    assert flat.as_json()["relative_mae"] is flat.as_json()["cv"] is None
    assert flat.as_json()["n"] == 3


def test_a_reference_that_does_not_vary_leaves_the_differences_defined() -> None:
    found = agreement([1, 2, 3], [2, 2, 2])
    assert math.isnan(found.r2_pearson)
    assert math.isnan(found.r2_identity)
    assert found.mae.value == pytest.approx(2 / 3)


def test_a_constant_shift_agrees_less_than_fully() -> None:
    found = agreement([2, 3, 4, 5], [1, 2, 3, 4])
    assert found.bias == pytest.approx((1, 1, 1))
    assert found.ccc.value == pytest.approx(2 * 1.25 / (2.5 + 1))
    assert found.icc.value < 1


@pytest.mark.parametrize(
    ("measured", "reference", "reason"),
    [
        ([1, 2], [1, 2], "too few"),
        ([1, 2, 3], [1, 2], "do not pair"),
        ([1, 2, math.nan], [1, 2, 3], "not finite"),
        ([1, 2, 3], [1, math.inf, 3], "not finite"),
    ],
)
def test_pairs_that_cannot_be_compared_are_refused(measured: list, reference: list, reason: str) -> None:
    with pytest.raises(PairsInvalid, match=reason):
        agreement(measured, reference)


pairs = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=3, max_size=12)


@settings(max_examples=10)
@given(pairs)
def test_exchanging_the_two_turns_the_differences_round_and_keeps_the_rest(values: list[tuple[int, int]]) -> None:
    one, other = (np.array(side, float) for side in zip(*values, strict=True))
    there, back = agreement(one, other), agreement(other, one)
    assert there.bias.value == pytest.approx(-back.bias.value)
    assert there.lower_limit.value == pytest.approx(-back.upper_limit.value)
    for name in ("mae", "ccc", "icc", "cv", "r2_pearson", "rmse"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), nan_ok=True, abs=1e-6), name


@settings(max_examples=10)
@given(pairs)
def test_concordance_never_exceeds_correlation(values: list[tuple[int, int]]) -> None:
    one, other = zip(*values, strict=True)
    found = agreement(one, other)
    assert math.isnan(found.ccc.value) or found.ccc.value**2 <= found.r2_pearson + 1e-9


def test_the_bootstrap_answers_the_same_for_the_same_seed() -> None:
    values = np.random.default_rng(1).gamma(2, 3, 30)
    assert bootstrap_mean_ci(values, 5) == bootstrap_mean_ci(values, 5)
    assert bootstrap_mean_ci(values, 5) != bootstrap_mean_ci(values, 6)


def test_the_bootstrap_of_a_normal_sample_is_near_student() -> None:
    values = np.random.default_rng(2).normal(10, 2, 200)
    half = 1.972 * values.std(ddof=1) / math.sqrt(200)
    assert bootstrap_mean_ci(values, 0) == pytest.approx(
        (values.mean(), values.mean() - half, values.mean() + half), abs=0.05
    )
    narrow, wide = bootstrap_mean_ci(values, 0, level=0.5), bootstrap_mean_ci(values, 0)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_bootstrap_of_too_little_has_no_interval() -> None:
    assert bootstrap_mean_ci([2, 2, 2], 0) == (2, 2, 2)
    assert np.isnan(bootstrap_mean_ci([2], 0)[1:]).all()
    assert np.isnan(bootstrap_mean_ci([], 0)).all()


def test_the_same_pairs_and_seed_give_the_same_figures() -> None:
    assert astuple(agreement(WRIGHT, MINI_WRIGHT, seed=3)) == astuple(agreement(WRIGHT, MINI_WRIGHT, seed=3))
