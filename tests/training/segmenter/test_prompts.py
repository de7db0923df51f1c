"""Random prompts: every kind comes, each with the mask that answers it."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import within
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.prompts import PromptShares, random_prompt_target

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
def test_the_target_lies_in_the_prompt(seed: int) -> None:
    annotated = heart()
    drawn = random_prompt_target(annotated, SHARES, np.random.default_rng(seed))
    assert drawn.target.any()
    assert not (drawn.target & ~annotated.masks[drawn.structure]).any()
    if drawn.group.box is not None:
        asked = within(drawn.group.box, drawn.target.shape)
        assert (drawn.target & asked).sum() >= drawn.target.sum() / 2
        left_out = annotated.masks[drawn.structure] & asked & ~drawn.target
        assert not left_out.any()
    for point in drawn.group.points:
        assert drawn.target[int(point.y), int(point.x)] == point.positive


def test_every_kind_of_prompt_occurs() -> None:
    generator = np.random.default_rng(0)
    targets = [random_prompt_target(heart(), SHARES, generator) for _ in range(300)]
    assert {drawn.structure for drawn in targets} == set(Structure)
    assert {(q.group.box is not None, len(q.group.points)) for q in targets} == {
        (True, 0),
        (True, 1),
        (True, 2),
        (True, 3),
        (False, 1),
    }


def test_a_box_around_one_scar_has_that_scar_as_its_target() -> None:
    shares = replace(
        SHARES, around_all=0, around_ventricle=0, lone_point=0, no_reflow=0, blood_pool=0, left_ventricle=0
    )
    areas = {int(part.sum()) for part in components(heart().masks[Structure.SCAR])}
    generator = np.random.default_rng(0)
    asked = [random_prompt_target(heart(), replace(shares, loosest=0.0), generator).target for _ in range(30)]
    assert {int(target.sum()) for target in asked} == areas


def test_larger_parts_are_prompted_more_often_by_the_root_of_their_size() -> None:
    small, large = rectangle(slice(30, 34), slice(50, 54)), rectangle(slice(60, 72), slice(50, 62))
    annotated = replace(heart(), masks={**heart().masks, Structure.SCAR: small | large})
    shares = replace(SHARES, no_reflow=0, blood_pool=0, left_ventricle=0, around_all=0, around_ventricle=0)
    generator = np.random.default_rng(0)
    asked = [random_prompt_target(annotated, shares, generator).target for _ in range(400)]
    share_of_large = np.mean([(target & large).any() for target in asked])
    assert 0.68 < share_of_large < 0.82, "12 of 12 + 4"


def test_a_box_around_the_ventricle_has_all_scar_as_its_target() -> None:
    shares = replace(SHARES, around_ventricle=1.0, no_reflow=0, blood_pool=0, left_ventricle=0)
    drawn = random_prompt_target(heart(), shares, np.random.default_rng(0))
    assert np.array_equal(drawn.target, heart().masks[Structure.SCAR])
    assert drawn.group.box is not None
    assert drawn.group.box.area > 50 * 50


def test_a_prompt_for_scar_where_there_is_none_has_an_empty_target() -> None:
    generator = np.random.default_rng(0)
    shares = replace(SHARES, scar_on_no_scar=1.0, no_reflow=0, blood_pool=0, left_ventricle=0)
    for _ in range(10):
        drawn = random_prompt_target(heart(with_scar=False), shares, generator)
        assert drawn.structure is Structure.SCAR
        assert not drawn.target.any()
        assert drawn.group.box is not None
