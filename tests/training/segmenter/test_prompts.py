"""Random prompts: every kind comes, each with the mask that answers it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure
from scarmass.training.segmenter.masks import filled
from scarmass.training.segmenter.prompts import SCAR, Prompts, PromptShares, draw_prompts
from scarmass.training.segmenter.slices import WITH_PARTS, _nearest_part
from scarmass.training.segmenter.views import Views

pytestmark = pytest.mark.slow

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
SCAR_ALONE = replace(SHARES, no_reflow=0, blood_pool=0, left_ventricle=0, around_all=0, around_ventricle=0)
AREA = 256 * 256


def heart(with_scar: bool = True) -> AnnotatedSlice:
    """A ring with two scars on its right side, one of them with a no-reflow core."""
    y, x = np.mgrid[:256, :256] + 0.5
    radius, angle = np.hypot(x - 128, y - 128), np.arctan2(y - 128, x - 128)
    ventricle, blood = radius < 75, radius < 50
    scar = ventricle & ~blood & ((np.abs(angle) < 0.3) | (np.abs(angle - 1.2) < 0.3)) & with_scar
    masks = {
        Structure.LEFT_VENTRICLE: ventricle,
        Structure.BLOOD_POOL: blood,
        Structure.SCAR: scar,
        Structure.NO_REFLOW: scar & (np.abs(radius - 62) < 5) & (np.abs(angle) < 0.15),
    }
    return AnnotatedSlice("phantom", 0, x.astype(np.float32), (0.6, 0.6), masks)


def views(*hearts: AnnotatedSlice) -> Views:
    """Windows that are the hearts themselves."""
    masks = torch.tensor(np.array([[one.masks[structure] for structure in STRUCTURES] for one in hearts]))
    parts = torch.tensor(
        np.array([[_nearest_part(one.masks[structure]) for structure in WITH_PARTS] for one in hearts])
    )
    grey = torch.rand(len(hearts), 256, 256)
    return Views(grey, grey[:, None].expand(-1, 3, -1, -1), masks, parts, torch.full((len(hearts),), 0.6))


def drawn(shares: PromptShares, *hearts: AnnotatedSlice, count: int = 60, seed: int = 0) -> Prompts:
    torch.manual_seed(seed)
    return draw_prompts(views(*hearts), torch.full((len(hearts),), count), shares, clicks=3)


def with_scar_of(mask: Mask) -> AnnotatedSlice:
    return replace(heart(), masks={**heart().masks, Structure.SCAR: mask, Structure.NO_REFLOW: mask & False})


def test_the_target_lies_in_the_prompt() -> None:
    prompts = drawn(SHARES, heart(), count=200)
    masks = views(heart()).masks[prompts.view, prompts.structure]
    held = filled(prompts.boxes, 256)
    has_box = held.flatten(1).any(1)
    assert prompts.target.flatten(1).any(1).all()
    assert not (prompts.target & ~masks).any()
    inside = (prompts.target & held).flatten(1).sum(1)
    assert (2 * inside >= prompts.target.flatten(1).sum(1))[has_box].all()
    assert not (masks & held & ~prompts.target).any()
    for points, labels, target in zip(prompts.points.long(), prompts.labels, prompts.target, strict=True):
        for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True):
            assert label in (-1, int(target[y, x]))


def test_every_kind_of_prompt_occurs_with_room_for_clicks() -> None:
    prompts = drawn(SHARES, heart(), count=400)
    assert prompts.points.shape == (400, 6, 2)
    assert (prompts.labels[:, 3:] == -1).all()
    assert set(prompts.structure.tolist()) == set(range(4))
    has_box = prompts.boxes[:, 2] > 0
    kinds = set(zip(has_box.tolist(), (prompts.labels >= 0).sum(1).tolist(), strict=True))
    assert kinds == {(True, 0), (True, 1), (True, 2), (True, 3), (False, 1)}


def test_a_box_around_one_scar_has_that_scar_as_its_target() -> None:
    shares = replace(SCAR_ALONE, lone_point=0, loosest=0.0)
    prompts = drawn(shares, heart())
    areas = {int(target.sum()) for target in prompts.target}
    assert len(areas) == 2
    assert sum(areas) == heart().masks[Structure.SCAR].sum()


def test_larger_parts_are_prompted_more_often_by_the_root_of_their_size() -> None:
    mask = np.zeros((256, 256), dtype=bool)
    mask[90:98, 128:136] = mask[160:184, 128:152] = True
    prompts = drawn(SCAR_ALONE, with_scar_of(mask), count=400)
    share_of_large = prompts.target[:, 170, 140].float().mean()
    assert 0.68 < share_of_large < 0.82, "24 of 24 + 8"


def test_a_box_around_the_ventricle_has_all_scar_as_its_target() -> None:
    prompts = drawn(replace(SCAR_ALONE, around_ventricle=1.0), heart())
    scar = torch.from_numpy(heart().masks[Structure.SCAR])
    assert (prompts.target == scar).all()
    assert (prompts.boxes[:, 2] - prompts.boxes[:, 0] > 120).all()


def test_a_prompt_for_scar_where_there_is_none_has_an_empty_target_and_a_box() -> None:
    shares = replace(SCAR_ALONE, scar_on_no_scar=1.0)
    prompts = drawn(shares, heart(with_scar=False), heart())
    nowhere = prompts.view == 0
    assert (prompts.structure == SCAR).all()
    assert not prompts.target[nowhere].any()
    assert filled(prompts.boxes, 256)[nowhere].flatten(1).any(1).all()
    assert prompts.target[~nowhere].flatten(1).any(1).all()
