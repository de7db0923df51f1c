import inspect
from collections.abc import Sequence

import numpy as np
import pytest

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.structures import Structure
from scarmass.evaluation.segmentation import predict as module
from scarmass.evaluation.segmentation.predict import MOST_CLICKS, Prediction, predict
from scarmass.evaluation.simulated_reader import reader_of
from tests.evaluation.segmentation.hearts import (
    ClickedSegmenter,
    GenerousSegmenter,
    KnowingDetector,
    PerfectSegmenter,
    RecordingSegmenter,
    SilentSegmenter,
    heart,
)

SLICES = [heart(index=0), heart(index=1, scar_degrees=0), heart(index=2, scar_degrees=60)]


def predicted(
    segmenter: RecordingSegmenter, slices: Sequence[AnnotatedSlice] = SLICES, *, finds_scar: bool = True
) -> Prediction:
    detector = KnowingDetector(slices, finds_scar=finds_scar)
    return predict(detector, segmenter, [s.image for s in slices], [reader_of(s, 0) for s in slices])


def test_the_module_that_predicts_knows_no_annotated_slice() -> None:
    source = inspect.getsource(module)
    assert "AnnotatedSlice" not in source
    assert "masks[" not in source
    assert set(inspect.signature(predict).parameters) == {"detector", "segmenter", "images", "readers", "sensitivity"}


def test_every_mask_is_the_segmenter_s_own_answer_or_empty() -> None:
    segmenter = ClickedSegmenter()
    prediction = predicted(segmenter)
    read = prediction.corrections + prediction.following
    masks = [p.mask for p in prediction.proposals] + [m for c in read for m in c.answers]
    assert all(any(mask is answer for answer in segmenter.answered) for mask in masks if mask.any())


def test_a_scar_that_the_detector_missed_is_not_put_back() -> None:
    prediction = predicted(PerfectSegmenter(SLICES), finds_scar=False)
    assert not any(proposal.mask.any() for proposal in prediction.proposals)
    assert all(proposal.boxes == () for proposal in prediction.proposals)


def test_the_automatic_use_asks_with_the_detector_s_boxes_alone() -> None:
    segmenter = SilentSegmenter()
    predicted(segmenter)
    (_, first), (_, second) = segmenter.asked[:2]
    assert (first.boxes[0].x0, first.points, first.previous) == (41, (), None)
    assert second.points == ()


def test_the_detector_places_the_window_in_every_use() -> None:
    segmenter = ClickedSegmenter()
    predicted(segmenter)
    assert set(segmenter.regions) == {HeartRegion(32, 32, 80)}


def test_each_slice_is_encoded_once_and_ahead() -> None:
    segmenter = SilentSegmenter()
    predicted(segmenter)
    assert segmenter.embedded == [s.image.key for s in SLICES]


def test_a_slice_without_scar_is_answered_with_nothing_and_not_asked() -> None:
    segmenter = ClickedSegmenter()
    prediction = predicted(segmenter)
    assert SLICES[1].image.key not in {key for key, _ in segmenter.asked}
    assert [len(c.answers) for c in prediction.corrections][1] == 1
    assert not prediction.corrections[1].after(MOST_CLICKS).any()


def test_a_click_is_answered_with_the_boxes_all_clicks_so_far_and_the_mask_so_far() -> None:
    segmenter = ClickedSegmenter()
    correction = predicted(segmenter).corrections[0]
    asked = [prompt for key, prompt in segmenter.asked if key == SLICES[0].image.key][2 : 2 + MOST_CLICKS]
    for clicks, prompt in enumerate(asked, 1):
        assert prompt.boxes == correction.boxes
        assert prompt.points == correction.points[:clicks]
        assert prompt.previous is correction.answers[clicks - 1]


def test_a_click_on_an_empty_answer_starts_from_it_as_in_a_reading() -> None:
    segmenter = SilentSegmenter()
    predicted(segmenter)
    clicked = [prompt for _, prompt in segmenter.asked if prompt.points]
    assert all(prompt.previous is not None and not prompt.previous.any() for prompt in clicked)
    assert max(len(prompt.points) for _, prompt in segmenter.asked) == MOST_CLICKS


def test_scar_too_small_for_a_box_is_clicked() -> None:
    speck = np.zeros((64, 64), dtype=bool)
    speck[11, 11] = True
    annotated = heart()
    annotated = AnnotatedSlice(**{**vars(annotated), "masks": {**annotated.masks, Structure.SCAR: speck}})
    segmenter = ClickedSegmenter()
    (correction,) = predicted(segmenter, [annotated], finds_scar=False).corrections
    assert correction.boxes == ()
    assert (correction.points[0].x, correction.points[0].y) == (11.5, 11.5)


def test_a_reader_stops_when_nothing_is_wrong() -> None:
    (correction, *_) = predicted(PerfectSegmenter(SLICES)).corrections
    assert correction.points == ()
    assert correction.after(3) is correction.answers[0]


def test_outlines_follow_what_was_accepted_from_the_middle_outwards() -> None:
    slices = [heart(index=index, scar_degrees=degrees) for index, degrees in enumerate((30, 50, 40))]
    read = predicted(GenerousSegmenter(slices), slices).following
    assert [one.sensitivity for one in read] == [2, 0, 2]
    assert [len(one.points) for one in read] == [0, 1, 0]


def test_outlines_that_do_not_follow_need_the_same_click_on_every_slice() -> None:
    slices = [heart(index=index, scar_degrees=degrees) for index, degrees in enumerate((30, 50, 40))]
    read = predicted(GenerousSegmenter(slices), slices).corrections
    assert [(one.sensitivity, len(one.points)) for one in read] == [(0, 1)] * 3


def test_a_sensitivity_is_that_of_every_use_and_the_first_of_a_following_one() -> None:
    slices = [heart(index=index) for index in range(3)]
    segmenter = GenerousSegmenter(slices)
    prediction = predict(
        KnowingDetector(slices), segmenter, [s.image for s in slices], [reader_of(s, 0) for s in slices], 2.0
    )
    assert {one.sensitivity for one in prediction.corrections + prediction.following} == {2.0}
    for annotated, proposal in zip(slices, prediction.proposals, strict=True):
        assert np.array_equal(proposal.mask, annotated.masks[Structure.SCAR])


def test_a_slice_without_scar_teaches_no_sensitivity() -> None:
    slices = [heart(index=0), heart(index=1, scar_degrees=0), heart(index=2)]
    read = predicted(GenerousSegmenter(slices), slices).following
    assert [one.sensitivity for one in read] == [0, 0, 2]


@pytest.mark.parametrize("clicks", range(MOST_CLICKS + 1))
def test_answers_are_kept_for_each_number_of_clicks(clicks: int) -> None:
    correction = predicted(ClickedSegmenter()).corrections[0]
    assert correction.after(clicks) is correction.answers[clicks]


def test_without_a_ventricle_the_window_is_the_whole_slice() -> None:
    class Blind:
        model = KnowingDetector.model

        def detect(self, images, region=None):
            return [[] for _ in images]

    segmenter = SilentSegmenter()
    prediction = predict(Blind(), segmenter, [SLICES[0].image], [reader_of(SLICES[0], 0)])
    assert not prediction.heart_found
    assert set(segmenter.regions) == {None}
