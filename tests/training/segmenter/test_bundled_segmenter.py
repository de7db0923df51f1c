"""The segmenter that ships, on hearts that it never learned from: it is right early, and clicks help."""

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.emidec import read_patient
from scarmass.datasets.phantoms import phantom_slices
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.settings import SEGMENTER
from scarmass.training.segmenter.scores import validation_scores
from tests.inference.precisions import run_in

UNSEEN_SEEDS = (20001, 20002)
SLACK = 0.01
"""One click may spoil a slice; on average over a few slices it must not."""

pytestmark = pytest.mark.slow


def dice_by_clicks(slices: Sequence[AnnotatedSlice], exports: Path) -> tuple[float, ...]:
    engine = SegmenterEngine(load(SEGMENTER, WEIGHTS), device="cpu", export_folder=exports)
    return validation_scores(engine, slices).dice_by_clicks


def assert_rises(dice: Sequence[float]) -> None:
    assert dice[3] > dice[0] + SLACK / 2
    for before, after in pairwise(dice):
        assert after > before - SLACK


def test_unseen_phantoms_are_outlined_well_with_boxes_and_stay_so_with_clicks(exports: Path) -> None:
    dice = dice_by_clicks(phantom_slices(UNSEEN_SEEDS), exports)
    assert dice[0] > 0.89
    assert min(dice) > 0.88
    assert dice[3] > dice[0]


def test_every_precision_reads_as_float32_does(exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = {}
    for precision in Precision:
        run_in(precision, monkeypatch)
        dice[precision] = dice_by_clicks(phantom_slices(UNSEEN_SEEDS[:1])[::2], exports)
    assert len(set(dice.values())) == len(Precision)
    for in_precision in dice.values():
        assert in_precision == pytest.approx(dice[Precision.FLOAT32], abs=0.005)


def test_dice_rises_with_clicks_on_a_held_out_patient(scarmass_data: Path, tmp_path: Path, exports: Path) -> None:
    for kind, name in (("Images", "Case_P100"), ("Contours", "Case_P100_contours")):
        place = tmp_path / "Case_P100" / kind / "Case_P100.nii.gz"
        place.parent.mkdir(parents=True)
        shutil.copyfile(scarmass_data / "emidec_p100" / f"{name}.nii.gz", place)
    dice = dice_by_clicks(read_patient(tmp_path, "Case_P100", "emidec"), exports)
    assert dice[0] > 0.7
    assert_rises(dice)
