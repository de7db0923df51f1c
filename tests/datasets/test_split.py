"""The split: by patient, alike in infarct and scar size, the same whenever it is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.datasets.split import Split, split_by_patient

SHARES = {f"normal-{n}": 0.0 for n in range(33)} | {f"infarct-{n}": 0.005 * (n + 1) for n in range(66)}


@given(
    st.dictionaries(st.text("abcdef", min_size=1), st.one_of(st.just(0.0), st.floats(0.001, 1)), max_size=60),
    st.integers(0, 99),
)
def test_every_patient_is_in_exactly_one_part(shares: dict[str, float], seed: int) -> None:
    split = split_by_patient(shares, seed)
    assert sorted([*split.train, *split.validation, *split.test]) == sorted(shares)


def test_a_split_with_a_patient_in_two_parts_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="two parts"):
        Split(("a", "b"), ("c",), ("a",))


def test_every_part_has_infarct_and_normal_patients_in_their_proportion() -> None:
    split = split_by_patient(SHARES)
    for part in (split.train, split.validation, split.test):
        assert sum(SHARES[patient] > 0 for patient in part) / len(part) == pytest.approx(2 / 3, abs=0.07)


def test_every_part_has_the_same_distribution_of_scar_sizes() -> None:
    split = split_by_patient(SHARES)
    for part in (split.train, split.validation, split.test):
        sizes = [SHARES[patient] for patient in part if SHARES[patient]]
        assert np.median(sizes) == pytest.approx(np.median([s for s in SHARES.values() if s]), rel=0.2)


def test_a_split_is_reproducible_and_named_by_its_hash() -> None:
    backwards = dict(reversed(SHARES.items()))
    assert split_by_patient(SHARES).sha256 == split_by_patient(backwards).sha256
    assert split_by_patient(SHARES, seed=0).sha256 != split_by_patient(SHARES, seed=1).sha256
