"""Rows that a spreadsheet opens."""

import csv
import io
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scarmass.services.readings.export import to_csv


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-2", "@sum(a1)"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(name: str) -> None:
    assert to_csv([{"patient_name": name}]).splitlines()[1] == f"'{name}"


TEXT = st.text(st.sampled_from("=+-@＝\t\r\n;,|\"' a1.\x0b\x85\u2028"), max_size=12)
CELL = st.one_of(TEXT, st.floats(-5, 5).map(lambda number: round(number, 2)), st.integers(-5, 5), st.none())
SEPARATORS = (",", ";", "\t", "|", "\n")


@settings(max_examples=500)
@given(st.lists(st.tuples(TEXT, CELL, CELL, CELL), min_size=1, max_size=4))
@example([("A;=cmd()", "A,=cmd()", "A\t+1", 'A;"=cmd()')])
@example([("\r=1", "A;\t@a1", "A\n=cmd()", "Ａ;＝cmd()")])
def test_no_cell_begins_a_formula_whatever_is_taken_for_the_end_of_a_cell(rows: list[tuple]) -> None:
    text = to_csv([dict(zip("abcd", row, strict=True)) for row in rows])
    own_numbers = {str(cell) for row in rows for cell in row if not isinstance(cell, str)}
    for separator in SEPARATORS:
        lines = [[line] for line in re.split("[\r\n]", text)] if separator == "\n" else read(text, separator)
        for cell in {cell for line in lines for cell in line} - own_numbers:
            assert not cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r"))
            assert not cell.strip('" ').startswith(("=", "+", "-", "@", "＝"))


def read(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def test_text_without_a_formula_is_left_as_it_is() -> None:
    name = "Berg-Lund, Ann-Marie; 3+1 @ home"
    assert next(csv.DictReader(io.StringIO(to_csv([{"patient_name": name}]))))["patient_name"] == name


def test_negative_numbers_stay_numbers() -> None:
    assert to_csv([{"position": -3.5}]).splitlines()[1] == "-3.5"
