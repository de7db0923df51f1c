"""Whether a candidate is as good as what serves: figures by patient, and what their intervals leave open."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.prompts import Box, Point
from scarmass.evaluation.model_comparison import (
    CLICKS_MARGIN,
    DICE_MARGIN,
    USES,
    Compared,
    Figure,
    ModelComparison,
    Score,
    clicks_to_agree,
    compared,
)
from scarmass.evaluation.segmentation.methods import Method
from scarmass.evaluation.segmentation.predict import Correction

PATIENTS = 8
REFERENCE_G = 12.0
NAMES = {f"P{number}-{reading}": f"P{number}" for number in range(PATIENTS) for reading in "ab"}


def scores(dice: float = 0.8, difference_g: float = -2.0, clicks: float = 1.0, noise: int | None = 0) -> list[Score]:
    """Two readings of each patient. noise: the seed of what the readings differ by."""
    chance = np.random.default_rng(noise)
    off = chance.normal(0, 0.03, size=(len(NAMES), 3))
    return [
        Score(name, use, dice + of[0], difference_g + 10 * of[1], REFERENCE_G, clicks + of[2])
        for name, of in zip(NAMES, off, strict=True)
        for use in USES
    ]


def found(current: list[Score], candidate: list[Score]) -> dict[tuple[Method, Figure], Compared]:
    return {(one.use, one.figure): one for one in compared(current, candidate, NAMES)}


def failing(current: list[Score], candidate: list[Score]) -> set[Figure]:
    return {one.figure for one in compared(current, candidate, NAMES) if not one.is_as_good}


def test_the_same_answers_gain_nothing_and_are_as_good() -> None:
    for one in compared(scores(), scores(), NAMES):
        assert (one.gain, one.current, one.is_as_good) == ((0, 0, 0), one.candidate, True)


def test_every_figure_is_told_of_every_use_and_clicks_of_the_one_that_has_them() -> None:
    figures = found(scores(), scores())
    each = {(use, figure) for use in USES for figure in (Figure.DICE, Figure.BIAS, Figure.ERROR)}
    assert set(figures) == {*each, (Method.FOLLOWING, Figure.CLICKS)}
    assert {one.patients for one in figures.values()} == {PATIENTS}


def test_a_gain_is_what_the_candidate_does_better() -> None:
    figures = found(scores(), scores(dice=0.85, difference_g=0.5, clicks=0.6))
    gains = {figure: figures[Method.FOLLOWING, figure].gain.value for figure in Figure}
    assert gains == pytest.approx(
        {Figure.DICE: 0.05, Figure.BIAS: 1.5, Figure.ERROR: 1.5, Figure.CLICKS: 0.4}, abs=0.15
    )


@pytest.mark.parametrize(
    ("candidate", "worse"),
    [
        (scores(dice=0.8 - 2 * DICE_MARGIN), {Figure.DICE}),
        (scores(clicks=1 + 2 * CLICKS_MARGIN), {Figure.CLICKS}),
        (scores(difference_g=-3.5), {Figure.BIAS, Figure.ERROR}),
        (scores(difference_g=+3.5), {Figure.BIAS, Figure.ERROR}),
        (scores(difference_g=+2.0), set()),
        (scores(dice=0.8 - DICE_MARGIN / 2), set()),
    ],
)
def test_a_loss_beyond_its_margin_is_not_as_good(candidate: list[Score], worse: set[Figure]) -> None:
    assert failing(scores(), candidate) == worse


def test_a_candidate_that_is_better_on_average_is_refused_where_few_patients_leave_a_loss_open() -> None:
    current = scores(noise=0)
    candidate = [replace(one, dice=one.dice + (0.5 if NAMES[one.reading] == "P0" else -0.04)) for one in current]
    dice = found(current, candidate)[Method.AUTOMATIC, Figure.DICE]
    assert dice.gain.value > 0
    assert not dice.is_as_good


def test_several_readings_of_a_patient_count_as_one() -> None:
    """One patient who was read often and badly pulls no mean."""
    often = {**NAMES, **{f"P0-{number}": "P0" for number in range(100)}}
    bad = [Score(f"P0-{number}", use, 0.0, 30.0, REFERENCE_G, 4.0) for number in range(100) for use in USES]
    one = next(one for one in compared(scores() + bad, scores() + bad, often) if one.figure is Figure.DICE)
    assert one.patients == PATIENTS
    assert one.current == pytest.approx(0.8 * 7 / 8, abs=0.03)


def test_patients_without_scar_tell_grams_and_no_dice() -> None:
    healthy = {**NAMES, "H-a": "H"}
    none = [Score("H-a", use, np.nan, 5.0, 0.0, np.nan) for use in USES]
    figures = {(one.use, one.figure): one for one in compared(scores() + none, scores() + none, healthy)}
    assert figures[Method.AUTOMATIC, Figure.DICE].patients == PATIENTS
    assert figures[Method.AUTOMATIC, Figure.ERROR].patients == PATIENTS + 1


def test_what_is_not_known_is_null_in_json_and_not_as_good() -> None:
    unknown = [replace(one, difference_g=np.nan, reference_g=np.nan) for one in scores()]
    figures = compared(unknown, unknown, NAMES)
    said = json.loads(json.dumps(ModelComparison(8, 8, 16, 32, figures).as_json(), allow_nan=False))
    error = next(one for one in said["figures"] if one["figure"] == "error_g")
    assert (error["current"], error["gain"]["low"], error["is_as_good"]) == (None, None, False)


@given(st.lists(st.sampled_from([0.5, 0.79, 0.81, 1.0]), min_size=1, max_size=4))
def test_clicks_are_counted_until_a_slice_agrees(dices: list[float]) -> None:
    """Masks of 100 pixels beside a reference of 100 share as many pixels as their Dice says."""
    reference = np.zeros((10, 20), bool)
    reference[:, :10] = True
    answers = []
    for dice in dices:
        mask = np.zeros(reference.size, bool)
        shared = round(100 * dice)
        mask[np.flatnonzero(reference.ravel())[:shared]] = True
        mask[np.flatnonzero(~reference.ravel())[: 100 - shared]] = True
        answers.append(mask.reshape(reference.shape))
    points = tuple(Point(1.5, 1.5, True) for _ in dices[1:])
    agreeing = [number for number, dice in enumerate(dices) if dice >= 0.8]
    expected = agreeing[0] if agreeing else 4
    assert clicks_to_agree(Correction((Box(0, 0, 9, 9),), points, tuple(answers)), reference) == expected
