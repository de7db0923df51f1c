"""What the benchmark makes of its timings: which figures it tells, and how."""

import json

import numpy as np
import pytest
from benchmarks.measures import BackboneResult, Repetitions
from benchmarks.report import Conditions, Report, absence
from benchmarks.subjects import prompt_for
from benchmarks.timing import cells, figure, quantile, repeated, repeated_ms, single, summary

from scarmass.inference.weights.catalog import Entry, Source

ENTRY = Entry("tiny", "segmenter", "tiny_vit", 256, "", "tiny.safetensors")
QUIET = Conditions("2026-01-01 12:00", "a processor", 2, 2, 0.1, "3.11", {})


def test_the_median_halves_the_values_and_the_p95_is_one_that_occurred() -> None:
    assert quantile([4.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([4.0, 1.0, 2.0, 3.0], 0.5) == 2.5
    assert quantile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert quantile([5.0, 1.0], 0.95) == 5.0


def test_one_repetition_is_its_own_median_and_p95() -> None:
    told = summary("once", [7.0])
    assert (told.median, told.p95, told.n) == (7.0, 7.0, 1)


def test_nothing_measured_is_an_error_rather_than_a_figure() -> None:
    with pytest.raises(ValueError, match="later click"):
        summary("later click", [])


def test_the_first_call_warms_up_and_is_not_counted() -> None:
    calls: list[int] = []
    times = repeated_ms(lambda: calls.append(1), 3, within_s=60)
    assert (len(calls), len(times)) == (4, 3)


def test_repetitions_end_when_the_time_is_over_but_one_is_always_made() -> None:
    assert repeated(lambda: "measured", 1000, within_s=0) == ["measured"]


def test_an_aim_is_met_by_the_median_alone() -> None:
    assert summary("click", [100.0, 100.0, 400.0], aim=150).meets_aim is True
    assert summary("click", [150.0], aim=150).meets_aim is False
    assert summary("encode", [150.0]).meets_aim is None


def test_a_row_tells_whether_its_aim_was_met() -> None:
    assert cells(summary("click", [81.24], aim=150)) == ["click", "81.2", "81.2", "1", "ms", "< 150: met"]
    assert cells(single("throughput", 5.384, "MB/s", 8)) == ["throughput", "5.38", "", "8", "MB/s", ""]


@pytest.mark.parametrize(("value", "shown"), [(1234.4, "1234"), (99.96, "100.0"), (9.126, "9.13"), (-3.0, "-3.00")])
def test_figures_keep_three_digits(value: float, shown: str) -> None:
    assert figure(value) == shown


def test_a_backbone_that_is_absent_says_how_to_get_it() -> None:
    packaged = Entry("a", "segmenter", "", 0, "", "", source=Source("a.pt", package="p", version="1"))
    published = Entry("b", "segmenter", "", 0, "", "", source=Source("b.pth"))
    assert "scarmass weights fetch a`" in absence(packaged)
    assert "scarmass weights fetch b --checkpoint b.pth`" in absence(published)


def test_the_files_say_what_the_table_says(tmp_path) -> None:
    result = BackboneResult(ENTRY, "0" * 64, "cpu", [summary("Bare decode, torch", [60.0, 62.0, 70.0])])
    report = Report(QUIET, Repetitions(), [result], [])
    as_json, as_markdown = report.write(tmp_path)
    assert json.loads(as_json.read_text())["backbones"][0]["measures"][0]["median"] == 62.0
    assert "| Bare decode, torch | 62.0 | 70.0 | 3 | ms |  |" in as_markdown.read_text()


def test_a_machine_at_work_is_told() -> None:
    busy = Conditions("2026-01-01 12:00", "a processor", 2, 2, 1.5, "3.11", {})
    assert "busy" in busy.sentence()
    assert "quiet" in QUIET.sentence()


def test_the_prompt_holds_the_scar_and_its_point_lies_on_it() -> None:
    ring = np.zeros((40, 50), bool)
    ring[10:20, 20:35] = True
    ring[12:18, 23:32] = False
    prompt = prompt_for(ring)
    (box,), (point,) = prompt.boxes, prompt.points
    assert (box.x0, box.y0, box.x1, box.y1) == (19, 9, 36, 21)
    assert ring[int(point.y), int(point.x)]
