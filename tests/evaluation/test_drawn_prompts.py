from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import Box, PromptGroup, box_around
from scarmass.domain.structures import Structure
from scarmass.evaluation.drawn_prompts import PromptShares, Question, correcting_point, drawn_question, within

SHARES = PromptShares(
    no_reflow=0.1,
    blood_pool=0.1,
    left_ventricle=0.1,
    around_all=0.5,
    around_ventricle=0.1,
    lone_point=0.2,
    extra_points=0.3,
    scar_on_no_scar=0.5,
    tightest=-0.05,
    loosest=0.2,
)


def heart(with_scar: bool = True) -> AnnotatedSlice:
    """A ring with two scars on its right side, one of them with a no-reflow core."""
    y, x = np.mgrid[:100, :100] + 0.5
    radius, angle = np.hypot(x - 50, y - 50), np.arctan2(y - 50, x - 50)
    ventricle, blood = radius < 30, radius < 20
    scar = ventricle & ~blood & ((np.abs(angle) < 0.3) | (np.abs(angle - 1.2) < 0.3)) & with_scar
    masks = {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: scar & (np.abs(radius - 25) < 2) & (np.abs(angle) < 0.15),
    }
    return AnnotatedSlice("phantom", 0, x.astype(np.float32), (1.4, 1.4), masks)


def rectangle(rows: slice, columns: slice) -> Mask:
    mask = np.zeros((100, 100), dtype=bool)
    mask[rows, columns] = True
    return mask


@given(st.integers(0, 10_000))
def test_the_answer_lies_where_it_was_asked_for(seed: int) -> None:
    annotated = heart()
    question = drawn_question(annotated, SHARES, np.random.default_rng(seed))
    assert question.target.any()
    assert not (question.target & ~annotated.masks[question.structure]).any()
    if question.group.box is not None:
        asked = within(question.group.box, question.target.shape)
        assert (question.target & asked).sum() >= question.target.sum() / 2
        left_out = annotated.masks[question.structure] & asked & ~question.target
        assert not left_out.any()
    for point in question.group.points:
        assert question.target[int(point.y), int(point.x)] == point.positive


def test_every_way_of_asking_occurs() -> None:
    generator = np.random.default_rng(0)
    questions = [drawn_question(heart(), SHARES, generator) for _ in range(300)]
    assert {question.structure for question in questions} == set(Structure)
    assert {(q.group.box is not None, len(q.group.points)) for q in questions} == {
        (True, 0),
        (True, 1),
        (True, 2),
        (True, 3),
        (False, 1),
    }


def test_a_box_around_one_scar_does_not_ask_for_the_other() -> None:
    shares = replace(
        SHARES, around_all=0, around_ventricle=0, lone_point=0, no_reflow=0, blood_pool=0, left_ventricle=0
    )
    areas = {int(part.sum()) for part in components(heart().masks[Structure.SCAR])}
    generator = np.random.default_rng(0)
    asked = [drawn_question(heart(), replace(shares, loosest=0.0), generator).target for _ in range(30)]
    assert {int(target.sum()) for target in asked} == areas


def test_larger_parts_are_asked_for_more_often_by_the_root_of_their_size() -> None:
    small, large = rectangle(slice(30, 34), slice(50, 54)), rectangle(slice(60, 72), slice(50, 62))
    annotated = replace(heart(), masks={**heart().masks, Structure.SCAR: small | large})
    shares = replace(SHARES, no_reflow=0, blood_pool=0, left_ventricle=0, around_all=0, around_ventricle=0)
    generator = np.random.default_rng(0)
    asked = [drawn_question(annotated, shares, generator).target for _ in range(400)]
    share_of_large = np.mean([(target & large).any() for target in asked])
    assert 0.68 < share_of_large < 0.82, "12 of 12 + 4"


def test_a_box_around_the_ventricle_asks_for_all_scar_in_it() -> None:
    shares = replace(SHARES, around_ventricle=1.0, no_reflow=0, blood_pool=0, left_ventricle=0)
    question = drawn_question(heart(), shares, np.random.default_rng(0))
    assert np.array_equal(question.target, heart().masks[Structure.SCAR])
    assert question.group.box is not None
    assert question.group.box.area > 50 * 50


def test_scar_asked_for_where_there_is_none_is_answered_with_nothing() -> None:
    generator = np.random.default_rng(0)
    shares = replace(SHARES, scar_on_no_scar=1.0, no_reflow=0, blood_pool=0, left_ventricle=0)
    for _ in range(10):
        question = drawn_question(heart(with_scar=False), shares, generator)
        assert question.structure is Structure.SCAR
        assert not question.target.any()
        assert question.group.box is not None


def test_a_box_is_the_mask_s_own_with_its_sides_moved() -> None:
    mask = rectangle(slice(20, 40), slice(30, 70))
    assert box_around(mask, 0) == Box(30, 20, 70, 40)
    assert box_around(mask, 0.1) == Box(26, 18, 74, 42)
    assert box_around(mask, np.array([0.0, -0.05, 1.0, 0.0])) == Box(30, 21, 100, 40)


def question_about(target: Mask) -> Question:
    return Question(Structure.SCAR, PromptGroup(Box(20, 20, 60, 60), ()), target)


def test_a_correction_is_in_the_middle_of_the_largest_error() -> None:
    target = rectangle(slice(30, 51), slice(30, 51))
    missed = correcting_point(np.zeros_like(target), question_about(target))
    assert missed is not None
    assert (missed.x, missed.y, missed.positive) == (40.5, 40.5, True)
    overflowing = correcting_point(rectangle(slice(30, 51), slice(30, 59)), question_about(target))
    assert overflowing is not None
    assert not overflowing.positive
    assert 51 < overflowing.x < 59


def test_what_is_right_in_the_box_needs_no_correction() -> None:
    target = rectangle(slice(30, 51), slice(30, 51))
    assert correcting_point(target | rectangle(slice(80, 90), slice(80, 90)), question_about(target)) is None


def test_pixels_are_within_a_box_by_their_centres() -> None:
    assert within(Box(0.4, 0, 2.4, 1), (2, 4)).tolist() == [[True, True, False, False], [False] * 4]
    assert not within(Box(0.6, 0.6, 1.4, 1.4), (3, 3)).any()
