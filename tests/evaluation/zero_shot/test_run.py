import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from scarmass.domain.errors import RunConflict
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import DetectedBox, Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.evaluation.zero_shot.rows import ROWS_FILE, Row, read_rows
from scarmass.evaluation.zero_shot.run import run_zero_shot
from scarmass.evaluation.zero_shot.strategies import STRATEGIES
from scarmass.evaluation.zero_shot.summary import Line, summarise
from tests.evaluation.zero_shot.hearts import EchoBackbone, heart
from tests.fakes import FakeDetector

SLICES = [heart("one", 0), heart("one", 1), heart("two", 0), heart("two", 1, with_scar=False)]


class BlindDetector:
    model = Model("blind", "3" * 64)

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        return [[] for _ in images]


def without_times(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, embed_seconds=0, decode_seconds=0) for line in lines]


def run(folder: Path, *backbones: EchoBackbone, strategies: Sequence[str] = STRATEGIES) -> list[Row]:
    return run_zero_shot(backbones, strategies, SLICES, FakeDetector(), folder)


def test_every_backbone_and_strategy_is_measured_on_every_slice_with_scar(tmp_path: Path) -> None:
    rows = run(tmp_path, EchoBackbone("first"), EchoBackbone("second"))
    assert len(rows) == 2 * len(STRATEGIES) * 3
    assert {(row.patient, row.index) for row in rows} == {("one", 0), ("one", 1), ("two", 0)}
    assert read_rows(tmp_path / ROWS_FILE) == rows


def test_a_slice_is_encoded_once_for_all_strategies(tmp_path: Path) -> None:
    backbone = EchoBackbone()
    run(tmp_path, backbone)
    assert backbone.embedded == ["one/0", "one/1", "two/0"]


def test_a_run_that_was_cut_off_goes_on_and_ends_with_the_same_table(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", EchoBackbone("first"), EchoBackbone("second"))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", EchoBackbone("first"), EchoBackbone("second", cut_off_after=1))
    path = tmp_path / "cut" / ROWS_FILE
    path.write_bytes(path.read_bytes()[:-7])
    first, second = EchoBackbone("first"), EchoBackbone("second")
    resumed = run(tmp_path / "cut", first, second)
    assert first.embedded == []
    assert second.embedded == ["one/0", "one/1", "two/0"]
    assert without_times(summarise(resumed)) == without_times(summarise(whole))
    assert len(resumed) == len(whole)


def test_a_finished_run_is_not_repeated(tmp_path: Path) -> None:
    run(tmp_path, EchoBackbone())
    content, again = (tmp_path / ROWS_FILE).read_bytes(), EchoBackbone()
    run(tmp_path, again)
    assert again.embedded == []
    assert (tmp_path / ROWS_FILE).read_bytes() == content


def test_a_missed_scar_is_scored_as_missed(tmp_path: Path) -> None:
    rows = run_zero_shot([EchoBackbone()], ["detector_box"], SLICES, BlindDetector(), tmp_path)
    assert [(row.groups, row.answered_pixels, row.dice, row.hd95_mm) for row in rows] == [(0, 0, 0.0, math.inf)] * 3
    (line,) = summarise(rows)
    assert (line.slices, line.empty, line.dice_mean) == (3, 3, 0.0)


def test_another_detector_s_boxes_are_asked_anew_and_count_from_then_on(tmp_path: Path) -> None:
    both = ["tight_box", "detector_box"]
    run_zero_shot([EchoBackbone()], both, SLICES, BlindDetector(), tmp_path)
    rows = run_zero_shot([EchoBackbone()], ["detector_box"], SLICES, FakeDetector(), tmp_path)
    tight, detected = summarise(rows)
    assert (tight.strategy, tight.slices) == ("tight_box", 3)
    assert (detected.strategy, detected.slices, detected.empty) == ("detector_box", 3, 0)


def test_a_folder_of_other_slices_is_refused(tmp_path: Path) -> None:
    run(tmp_path, EchoBackbone(), strategies=["tight_box"])
    with pytest.raises(RunConflict, match="other slices"):
        run_zero_shot([EchoBackbone()], ["tight_box"], SLICES[:2], None, tmp_path)


def test_detector_boxes_need_a_detector(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a detector"):
        run_zero_shot([EchoBackbone()], ["detector_box"], SLICES, None, tmp_path)


def test_the_reference_is_what_the_answer_is_scored_against(tmp_path: Path) -> None:
    rows = run(tmp_path, EchoBackbone(), strategies=["tight_box", "1_point"])
    scar = int(SLICES[0].masks[Structure.SCAR].sum())
    assert {row.reference_pixels for row in rows} == {scar}
    assert all(row.dice > 0.5 for row in rows if row.strategy == "tight_box")
    assert all(row.dice == 0 for row in rows if row.strategy == "1_point")
