from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.prompts import Box, Point, box_around, within
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure
from scarmass.evaluation.zero_shot.strategies import BY_PART, JITTER, STRATEGIES, drawn, prompted_parts
from tests.evaluation.zero_shot.hearts import heart

SCAR = heart().masks[Structure.SCAR]
PARTS = prompted_parts(SCAR, heart().pixel_spacing_mm)


def on_scar(point: Point) -> bool:
    return bool(SCAR[int(point.y), int(point.x)])


def test_every_part_worth_a_prompt_is_asked_for_and_a_speck_is_not() -> None:
    assert len(PARTS) == 2
    for strategy in BY_PART:
        assert len(drawn(strategy, heart(), (), 0)) == 2


def test_where_all_parts_are_specks_the_largest_is_asked_for() -> None:
    specks = np.zeros((20, 20), dtype=bool)
    specks[3, 3:6] = specks[10, 10] = True
    (part,) = prompted_parts(specks, (1.0, 1.0))
    assert part.sum() == 3


@pytest.mark.parametrize(
    ("strategy", "has_box", "positive", "negative"),
    [
        ("tight_box", True, 0, 0),
        ("jittered_box", True, 0, 0),
        ("box_1_positive", True, 1, 0),
        ("box_3_positive", True, 3, 0),
        ("box_positive_negative", True, 1, 1),
        ("1_point", False, 1, 0),
        ("3_points", False, 3, 0),
    ],
)
@given(seed=st.integers(0, 1000))
def test_a_strategy_draws_what_its_name_says(
    strategy: str, has_box: bool, positive: int, negative: int, seed: int
) -> None:
    for group, part in zip(drawn(strategy, heart(), (), seed), PARTS, strict=True):
        assert (group.box is not None) == has_box
        assert sum(point.positive for point in group.points) == positive
        assert sum(not point.positive for point in group.points) == negative
        for point in group.points:
            assert on_scar(point) == point.positive
            assert not point.positive or part[int(point.y), int(point.x)]
            assert group.box is None or group.box.contains(point)


def test_boxes_are_tight_but_for_the_jittered() -> None:
    for strategy in ("tight_box", "box_1_positive", "box_3_positive", "box_positive_negative"):
        assert [group.box for group in drawn(strategy, heart(), (), 0)] == [box_around(part, 0) for part in PARTS]


@given(st.integers(0, 1000))
def test_a_jittered_box_has_every_edge_near_the_tight_one(seed: int) -> None:
    for group, part in zip(drawn("jittered_box", heart(), (), seed), PARTS, strict=True):
        tight, box = box_around(part, 0), group.box
        assert box is not None
        assert box != tight
        width, height = tight.x1 - tight.x0, tight.y1 - tight.y0
        assert max(abs(box.x0 - tight.x0), abs(box.x1 - tight.x1)) <= JITTER * width
        assert max(abs(box.y0 - tight.y0), abs(box.y1 - tight.y1)) <= JITTER * height


def test_a_scar_that_fills_its_box_has_its_negative_point_beside_it() -> None:
    annotated = heart()
    scar = annotated.masks[Structure.SCAR]
    scar[:] = False
    scar[40:50, 70:76] = True
    (group,) = drawn("box_positive_negative", annotated, (), 0)
    (point,) = (point for point in group.points if not point.positive)
    assert not scar[int(point.y), int(point.x)]
    assert within(Box(69, 39, 77, 51), scar.shape)[int(point.y), int(point.x)]


def test_the_box_around_the_ventricle_is_one() -> None:
    (group,) = drawn("left_ventricle_box", heart(), (), 0)
    assert group.box == box_around(heart().masks[Structure.LEFT_VENTRICLE], 0)
    assert not group.points


def test_the_detector_s_scar_boxes_are_taken_as_they_are() -> None:
    wrong = Box(1, 2, 9, 8)
    found = [DetectedBox(wrong, Structure.SCAR, 0.4), DetectedBox(Box(20, 20, 80, 80), Structure.LEFT_VENTRICLE, 0.9)]
    assert [group.box for group in drawn("detector_box", heart(), found, 0)] == [wrong]


def test_where_the_detector_finds_no_scar_nothing_is_drawn() -> None:
    found = [DetectedBox(Box(20, 20, 80, 80), Structure.LEFT_VENTRICLE, 0.9)]
    assert drawn("detector_box", heart(), found, 0) == []


def test_the_same_seed_draws_the_same_and_slices_differ() -> None:
    for strategy, seed in product(STRATEGIES, (0, 1)):
        assert drawn(strategy, heart(), (), seed) == drawn(strategy, heart(), (), seed)
    assert drawn("jittered_box", heart(), (), 0) != drawn("jittered_box", heart(), (), 1)
    assert drawn("jittered_box", heart(index=0), (), 0) != drawn("jittered_box", heart(index=1), (), 0)
