"""Validation scores: a perfect segmenter has nothing to gain from clicks, and scar-free slices count."""

from dataclasses import replace

import numpy as np
import pytest

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Model, Segmentation, SliceImage
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.scores import scores_by_centre, validation_scores
from tests.fakes import EchoSegmenter, certain
from tests.training.segmenter.hearts import heart

SLICES = [heart(0), replace(heart(1, with_scar=False), patient="other")]


class Answering(EchoSegmenter):
    """A segmenter whose answer to a prompt on a slice is a given function's."""

    model = Model("answering", "0")
    is_structure_conditioned = True

    def __init__(self, answer) -> None:
        super().__init__()
        self._answer = answer

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        mask = self._answer(image, prompt)
        return Segmentation(mask, 1.0, certain(mask))


def truth(image: SliceImage) -> Mask:
    return next(s.masks[Structure.SCAR] for s in SLICES if s.image.key == image.key)


def test_a_perfect_segmenter_scores_one_everywhere_and_finds_nothing_where_nothing_is() -> None:
    scores = validation_scores(Answering(lambda image, prompt: truth(image)), SLICES)
    assert scores.dice_by_clicks == (1, 1, 1, 1)
    assert (scores.area_ratio, scores.around_ventricle, scores.scar_free) == (1, 1, 0)
    assert scores.fitness == pytest.approx(1.25)


def test_a_segmenter_that_heeds_clicks_alone_gains_by_them() -> None:
    def clicked(image: SliceImage, prompt: Prompt) -> Mask:
        rows = np.arange(image.pixels.shape[0])[:, None]
        found = np.zeros(image.pixels.shape, dtype=bool)
        for point in prompt.points:
            found |= truth(image) & (abs(rows - point.y) < 6)
        return found

    zero, one, two, three = validation_scores(Answering(clicked), SLICES).dice_by_clicks
    assert zero == 0 < one < two <= three


def test_a_centre_is_scored_at_its_own_sensitivity_by_boxes_clicks_and_around_the_ventricle() -> None:
    """Answers right for a reader who draws at 5, and too small for another."""

    def right_at_five(image: SliceImage, prompt: Prompt) -> Mask:
        return truth(image) & (prompt.sensitivity >= 5)

    wide, narrow = (
        scores_by_centre(Answering(right_at_five), {"ours": SLICES}, own)["ours"] for own in ({"ours": 5.0}, {})
    )
    assert (wide.sensitivity, wide.dice_by_clicks, wide.around_ventricle) == (5, (1, 1, 1, 1), 1)
    assert wide.mass_error_by_clicks == (0, 0, 0, 0)
    assert (narrow.sensitivity, narrow.fitness) == (0, 0)
    assert narrow.best_sensitivity == wide.best_sensitivity == 5


def test_what_is_called_scar_on_a_scar_free_slice_is_a_share_of_its_myocardium() -> None:
    def everything(image: SliceImage, prompt: Prompt) -> Mask:
        return SLICES[0].myocardium

    assert validation_scores(Answering(everything), SLICES).scar_free == 1


def test_scores_that_nothing_can_tell_are_not_numbers() -> None:
    scores = validation_scores(Answering(lambda image, prompt: truth(image)), SLICES[1:])
    assert np.isnan(scores.around_ventricle)
    assert np.isnan(scores.dice_by_clicks).all()


def test_the_error_of_mass_is_of_patients_and_falls_with_clicks_and_at_the_best_sensitivity() -> None:
    def smaller(image: SliceImage, prompt: Prompt) -> Mask:
        kept = truth(image).copy()
        kept[: 64 - round(3 * (len(prompt.points) + prompt.sensitivity))] = False
        return kept

    scores = validation_scores(Answering(smaller), SLICES)
    errors = scores.mass_error_by_clicks
    assert errors[0] > errors[1] > errors[3] > scores.mass_error_at_best >= 0
    assert scores.best_sensitivity == 6
    assert scores.dice_at_best > scores.dice_by_clicks[0]
    assert scores.by_name()["mass_error_by_clicks/0"] == errors[0]
