"""Rows that a spreadsheet opens."""

import csv
import io
import re

import pytest

from scarmass.services.readings.export import to_csv


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-2", "@sum(a1)"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(name: str) -> None:
    assert to_csv([{"patient_name": name}]).splitlines()[1] == f"'{name}"


@pytest.mark.parametrize(
    "name", ["A;=cmd()", "A,=cmd()", "A\t+1", "A; -1", 'A;"=cmd()', "A;@sum(a1)", "A\n=cmd()", "Ａ;＝cmd()"]
)
def test_no_cell_begins_a_formula_whatever_is_taken_for_the_end_of_a_cell(name: str) -> None:
    lines = to_csv([{"patient_name": name, "patient_id": "1"}])
    for cell in re.split(r"[;,\t\r\n]", lines):
        assert not cell.strip('" ').startswith(("=", "+", "-", "@", "＝"))


def test_text_without_a_formula_is_left_as_it_is() -> None:
    name = "Berg-Lund, Ann-Marie; 3+1 @ home"
    assert next(csv.DictReader(io.StringIO(to_csv([{"patient_name": name}]))))["patient_name"] == name


def test_negative_numbers_stay_numbers() -> None:
    assert to_csv([{"position": -3.5}]).splitlines()[1] == "-3.5"
