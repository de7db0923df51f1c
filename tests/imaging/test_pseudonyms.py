"""Pseudonyms are the same for the same secret, others for another one, and need a secret that cannot be guessed."""

import pytest

from scarmass.domain.errors import SecretTooShort
from scarmass.imaging.pseudonyms import EARLIEST_SHIFT_DAYS, LATEST_SHIFT_DAYS, SHORTEST_SECRET, Pseudonyms

ONE, OTHER = Pseudonyms("a" * SHORTEST_SECRET), Pseudonyms("b" * SHORTEST_SECRET)


def test_a_pseudonym_is_of_its_secret_and_its_identity() -> None:
    again = Pseudonyms("a" * SHORTEST_SECRET)
    for make in ("of_patient", "of_uid", "days_back"):
        assert getattr(ONE, make)("1.2.3") == getattr(again, make)("1.2.3")
        assert getattr(ONE, make)("1.2.3") != getattr(OTHER, make)("1.2.3")
        assert len({getattr(ONE, make)(f"1.2.{number}") for number in range(50)}) > 45


def test_a_uid_is_a_valid_one() -> None:
    uids = [ONE.of_uid(f"1.2.{number}") for number in range(200)]
    assert all(len(uid) <= 64 and uid.startswith("2.25.") and not uid.startswith("2.25.0") for uid in uids)
    assert len(set(uids)) == len(uids)


def test_dates_go_back_and_by_no_more_than_ten_years() -> None:
    days = [ONE.days_back(f"P{number}") for number in range(200)]
    assert LATEST_SHIFT_DAYS <= min(days) < max(days) < EARLIEST_SHIFT_DAYS


@pytest.mark.parametrize("secret", ["", "hospital", "a" * (SHORTEST_SECRET - 1)])
def test_a_secret_that_is_missing_or_short_is_refused_by_name(secret: str) -> None:
    with pytest.raises(SecretTooShort, match="deidentification_secret"):
        Pseudonyms(secret)


def test_the_secret_is_not_in_what_is_logged_of_it() -> None:
    assert ONE.secret not in repr(ONE)
