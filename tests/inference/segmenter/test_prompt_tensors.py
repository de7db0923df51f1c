import numpy as np
import pytest

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Point, PromptGroup, within
from scarmass.inference.segmenter.prompt_tensors import previous_of, prompt_tensors
from scarmass.inference.segmenter.window import stack_window

WINDOW = stack_window((100, 100), (1.0, 1.0), HeartRegion(50, 50, 50))
BOX = Box(20, 30, 60, 50)


def two_parts() -> np.ndarray:
    mask = np.zeros((100, 100), dtype=bool)
    mask[32:48, 22:58] = True
    mask[70:80, 70:80] = True
    return mask


def test_prompts_are_given_in_window_pixels() -> None:
    group = PromptGroup(BOX, (Point(50, 50, True), Point(30, 40, False)))
    given = prompt_tensors([group], [None], WINDOW, 256)
    assert given.boxes is not None
    assert given.points is not None
    assert given.boxes[0].tolist() == pytest.approx(WINDOW.from_native([(20, 30), (60, 50)], 256).ravel(), abs=1e-3)
    assert given.points[0][0, 0].tolist() == [128, 128]
    assert given.points[1].tolist() == [[1, 0]]
    assert given.mask_prompts is None


def test_what_no_prompt_has_is_absent() -> None:
    given = prompt_tensors([PromptGroup(None, (Point(50, 50, True),))], [two_parts()], WINDOW, 256)
    assert given.boxes is None
    assert given.mask_prompts is not None
    assert given.mask_prompts.shape == (1, 256, 256)


def test_a_box_is_given_back_only_what_was_answered_in_it() -> None:
    part = previous_of(PromptGroup(BOX, ()), two_parts())
    assert part is not None
    assert part.sum() == 16 * 36
    assert not part[70:80, 70:80].any()


def test_what_lies_beside_a_box_was_not_its_answer_and_is_not_given_back() -> None:
    mask = np.zeros((100, 100), dtype=bool)
    mask[29:51, 18:62] = True
    part = previous_of(PromptGroup(BOX, ()), mask)
    assert part is not None
    assert np.array_equal(part, mask & within(BOX, mask.shape))
    assert part.sum() == 20 * 40


def test_a_lone_point_is_given_back_the_component_under_it() -> None:
    part = previous_of(PromptGroup(None, (Point(75, 75, True),)), two_parts())
    assert part is not None
    assert part.sum() == 100


def test_nothing_answered_there_means_no_previous_mask() -> None:
    assert previous_of(PromptGroup(None, (Point(5, 5, True),)), two_parts()) is None
    assert previous_of(PromptGroup(Box(0, 0, 10, 10), ()), two_parts()) is None
    assert previous_of(PromptGroup(BOX, ()), None) is None
