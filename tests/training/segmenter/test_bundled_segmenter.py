"""The segmenter that ships, on hearts that it never learned from: it is right early, and clicks help."""

import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.layouts.emidec import read_patient
from scarmass.datasets.phantoms import phantom_slices
from scarmass.inference.segmenter.engine import SegmenterEngine
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from scarmass.settings import SEGMENTER
from scarmass.training.segmenter.scores import validation_scores

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


def test_unseen_phantoms_are_outlined_well_with_boxes_and_stay_so_with_clicks(tmp_path: Path) -> None:
    dice = dice_by_clicks(phantom_slices(UNSEEN_SEEDS), tmp_path)
    assert dice[0] > 0.89
    assert min(dice) > 0.88
    assert dice[3] > dice[0]


def test_dice_rises_with_clicks_on_a_held_out_patient(scarmass_data: Path, tmp_path: Path) -> None:
    for kind, name in (("Images", "Case_P100"), ("Contours", "Case_P100_contours")):
        place = tmp_path / "Case_P100" / kind / "Case_P100.nii.gz"
        place.parent.mkdir(parents=True)
        shutil.copyfile(scarmass_data / "emidec_p100" / f"{name}.nii.gz", place)
    dice = dice_by_clicks(read_patient(tmp_path, "Case_P100", "emidec"), tmp_path)
    assert dice[0] > 0.7
    assert_rises(dice)
