import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.evaluation.zero_shot.figure import write_figure
from scarmass.evaluation.zero_shot.rows import Row
from scarmass.evaluation.zero_shot.summary import Line, markdown, mean_interval, summarise, write_table


def row(patient: str, index: int, dice: float, hd95_mm: float = 5.0, strategy: str = "tight_box") -> Row:
    return Row("net", strategy, "0" * 64, patient, index, 1, 10, 10, dice, hd95_mm, 3.0, 1.5, 0.2, 0.1)


ROWS = [row("a", 0, 0.4, 2.0), row("a", 1, 0.6, 4.0), row("b", 0, 0.8, 9.0), row("b", 1, 0.0, math.inf)]


def test_a_line_holds_the_plain_figures_of_its_slices() -> None:
    (line,) = summarise(ROWS)
    assert (line.patients, line.slices, line.empty) == (2, 4, 1)
    assert line.dice_mean == pytest.approx(0.45)
    assert line.dice_sd == pytest.approx(0.3416, abs=1e-4)
    assert line.hd95_mean_mm == pytest.approx(5.0)
    assert (line.embed_seconds, line.decode_seconds) == (1.5, 0.1)


def test_an_empty_answer_is_infinitely_far_in_the_median() -> None:
    (line,) = summarise(ROWS)
    assert line.hd95_median_mm == 9.0
    (mostly_empty,) = summarise([row("a", i, 0, math.inf) for i in range(3)] + ROWS[3:])
    assert mostly_empty.hd95_median_mm == math.inf


def test_of_two_rows_on_one_slice_the_last_counts() -> None:
    (line,) = summarise([*ROWS, row("b", 1, 1.0)])
    assert (line.slices, line.dice_mean) == (4, pytest.approx(0.7))


def test_strategies_come_in_their_own_order() -> None:
    lines = summarise([row("a", 0, 0.5, strategy=name) for name in ("detector_box", "1_point", "tight_box")])
    assert [line.strategy for line in lines] == ["tight_box", "1_point", "detector_box"]


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=4), min_size=2, max_size=5))
def test_the_interval_lies_between_the_worst_and_the_best_patient(dice_by_patient: list[list[float]]) -> None:
    means = [sum(own) / len(own) for own in dice_by_patient]
    low, high = mean_interval(dice_by_patient)
    assert min(means) - 1e-9 <= low <= high + 1e-9 <= max(means) + 2e-9


def test_patients_are_drawn_whole() -> None:
    assert mean_interval([[0.0] * 50, [1.0] * 50]) == (0.0, 1.0)


def test_one_patient_has_no_interval() -> None:
    assert all(math.isnan(end) for end in mean_interval([[0.1, 0.9]]))


def test_the_table_says_the_same_in_both_forms(tmp_path: Path) -> None:
    lines = summarise(ROWS)
    write_table(lines, tmp_path)
    with (tmp_path / "table.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["dice_mean"] == "0.4500"
    assert "| net | tight box | 4 | 1 | 0.450 ± 0.342 |" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "table.md").read_text() == markdown(lines)


def test_the_figure_is_the_same_for_the_same_lines(tmp_path: Path) -> None:
    lines: list[Line] = summarise([*ROWS, row("a", 0, 0.3, strategy="1_point")])
    first, again = write_figure(lines, tmp_path / "first"), write_figure(lines, tmp_path / "again")
    assert [path.suffix for path in first] == [".png", ".svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
