"""Rows that a spreadsheet opens."""

import pytest

from scarmass.services.readings.export import to_csv


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-2", "@sum(a1)"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(name: str) -> None:
    assert to_csv([{"patient_name": name}]).splitlines()[1] == f"'{name}"


def test_negative_numbers_stay_numbers() -> None:
    assert to_csv([{"position": -3.5}]).splitlines()[1] == "-3.5"
