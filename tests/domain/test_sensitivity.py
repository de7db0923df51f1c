"""The sensitivity of a reading follows its reader."""

from itertools import pairwise

import numpy as np
import pytest

from scarmass.domain.sensitivity import FITTED, fitted_sensitivity, mask_at

RAMP = np.broadcast_to(np.linspace(-8, 8, 65, dtype=np.float32), (4, 65))


def test_more_sensitivity_never_draws_less() -> None:
    drawn = [mask_at(RAMP, one) for one in FITTED]
    assert all(not (less & ~more).any() for less, more in pairwise(drawn))


@pytest.mark.parametrize("reader", [0.0, 1.5, 4.0, 6.0])
def test_a_reader_who_always_draws_at_one_limit_is_followed_to_it(reader: float) -> None:
    assert fitted_sensitivity([(RAMP, mask_at(RAMP, reader))] * 3, 2.0) == reader


def test_where_nothing_is_decided_or_nothing_is_gained_the_prior_stays() -> None:
    assert fitted_sensitivity([], 1.5) == 1.5
    certain = np.where(RAMP > 0, np.float32(20), np.float32(-20))
    assert fitted_sensitivity([(certain, RAMP > 0)], 2.0) == 2.0
