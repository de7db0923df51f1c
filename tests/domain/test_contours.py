"""Contours over a stack: one smooth disc a slice, blood within it, whatever the outlines they are made from."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scarmass.domain.contours import VENTRICLE_LIMIT, Contours, contours
from scarmass.domain.geometry import SlicePlane
from scarmass.domain.masks import Mask, components
from scarmass.domain.overlap import hausdorff_95_mm
from scarmass.domain.protocols import VentricleOutline
from scarmass.domain.structures import Structure
from scarmass.phantom.stack import phantom

SHAPE = (72, 64)
SPACING_MM = (1.5, 2.0)
NOWHERE = np.zeros(SHAPE, bool)


def plane(height_mm: float, shape: tuple[int, int] = SHAPE, spacing_mm: tuple[float, float] = SPACING_MM) -> SlicePlane:
    return SlicePlane(*shape, (0.0, 0.0, height_mm), (1, 0, 0, 0, 1, 0), spacing_mm, 8.0)


def likely(mask: Mask, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    wrong = np.random.default_rng(seed).normal(0, noise, mask.shape)
    return (np.where(mask, 3.0, -3.0) + wrong).astype(np.float32)


def disc(x: float, y: float, radius_mm: float) -> Mask:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    return np.hypot((columns - x) * SPACING_MM[1], (rows - y) * SPACING_MM[0]) <= radius_mm


def a_stack(noise: float = 2.0, seed: int = 0) -> tuple[list[VentricleOutline | None], list[SlicePlane]]:
    """Four slices from base to apex, uncertain everywhere, the last without a ventricle."""
    radii = ((32, 22), (30, 20), (24, 12))
    outlines: list[VentricleOutline | None] = [
        VentricleOutline(
            likely(disc(31 + at, 36, outer), noise, seed + at), likely(disc(31 + at, 36, inner), noise, 9 + seed + at)
        )
        for at, (outer, inner) in enumerate(radii)
    ]
    return [*outlines, VentricleOutline(likely(NOWHERE), likely(NOWHERE))], [plane(10.0 * at) for at in range(4)]


def shown(found: Sequence[Contours | None]) -> list[Contours]:
    return [one for one in found if one is not None]


@given(st.integers(0, 10_000), st.floats(0, 4))
@settings(max_examples=15)
def test_blood_lies_in_the_ventricle_and_each_is_one_part_without_holes(seed: int, noise: float) -> None:
    for one in shown(contours(*a_stack(noise, seed))):
        ventricle, blood_pool = one[Structure.LEFT_VENTRICLE], one[Structure.BLOOD_POOL]
        assert not (blood_pool & ~ventricle).any()
        assert len(components(ventricle)) == 1
        assert len(components(blood_pool)) <= 1
        assert len(components(~ventricle)) == 1
        assert len(components(ventricle & ~blood_pool)) == 1


@given(st.permutations(range(4)))
@settings(max_examples=10)
def test_the_order_in_which_slices_come_changes_nothing(order: list[int]) -> None:
    outlines, planes = a_stack()
    there = contours(outlines, planes)
    again = contours([outlines[at] for at in order], [planes[at] for at in order])
    for place, at in enumerate(order):
        one, other = there[at], again[place]
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert all(np.array_equal(one[structure], other[structure]) for structure in one)


def test_a_slice_that_shows_no_ventricle_has_no_contours() -> None:
    found = contours(*a_stack())
    assert [one is None for one in found] == [False, False, False, True]
    assert contours([None], [plane(0)]) == [None]


def test_what_lies_far_from_the_others_is_no_ventricle() -> None:
    outlines, planes = a_stack()
    outlines[3] = VentricleOutline(likely(disc(10, 10, 12)), likely(disc(10, 10, 8)))
    assert contours(outlines, planes)[3] is None


def test_the_slices_beside_it_mend_a_notch_that_one_slice_has() -> None:
    outlines, planes = a_stack(noise=0)
    whole = disc(32, 36, 30)
    notch = whole & (np.mgrid[: SHAPE[0], : SHAPE[1]][1] > 38)
    logits = np.where(notch, VENTRICLE_LIMIT - 0.1, likely(whole)).astype(np.float32)
    outlines[1] = VentricleOutline(logits, likely(NOWHERE))
    (alone,), (_, beside, *_) = contours(outlines[1:2], planes[1:2]), contours(outlines, planes)
    assert alone is not None
    assert beside is not None
    mended = [int((one[Structure.LEFT_VENTRICLE] & notch).sum()) for one in (alone, beside)]
    assert mended[0] < mended[1]


def test_a_slice_without_blood_near_the_apex_is_all_wall() -> None:
    outlines, planes = [VentricleOutline(likely(disc(31, 36, 15)), likely(NOWHERE))], [plane(0)]
    found = contours(outlines, planes)[0]
    assert found is not None
    assert not found[Structure.BLOOD_POOL].any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_contours_of_a_phantom_lie_within_a_pixel_of_the_true_ones(seed: int) -> None:
    stack = phantom(seed)
    outlines = [
        VentricleOutline(likely(ventricle, 1.0, at), likely(blood, 1.0, 99 + at))
        for at, (ventricle, blood) in enumerate(
            zip(stack.masks[Structure.LEFT_VENTRICLE], stack.masks[Structure.BLOOD_POOL], strict=True)
        )
    ]
    for at, one in enumerate(contours(outlines, stack.planes)):
        assert one is not None
        for structure, mask in one.items():
            spacing_mm = stack.planes[at].pixel_spacing_mm
            assert hausdorff_95_mm(mask, stack.masks[structure][at], spacing_mm) <= 1.5 * max(spacing_mm)
