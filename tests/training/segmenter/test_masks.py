"""Batches of masks: the same boxes, parts and depths as those of single masks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from scarmass.domain import prompts
from scarmass.domain.masks import components
from scarmass.training.segmenter.masks import (
    box_around,
    deepest_pixel,
    distance_to,
    filled,
    largest_part,
    some_pixel,
)

pytestmark = pytest.mark.slow

SIDE = 64


def blobs(seed: int, n: int = 3) -> np.ndarray:
    """Masks (n, 64, 64) of a few smooth parts."""
    noise = np.random.default_rng(seed).normal(size=(n, SIDE, SIDE))
    return ndimage.gaussian_filter(noise, (0, 5, 5)) > 0.05


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_boxes_are_those_of_each_mask_and_of_the_image_at_most(seed: int) -> None:
    masks, outwards = blobs(seed), np.random.default_rng(seed).uniform(-0.05, 0.3, (3, 4))
    found = box_around(torch.from_numpy(masks), torch.from_numpy(outwards))
    for mask, own, box in zip(masks, outwards, found.tolist(), strict=True):
        expected = prompts.box_around(mask, own)
        np.testing.assert_allclose(box, (expected.x0, expected.y0, expected.x1, expected.y1), atol=1e-4)
        inside = filled(torch.tensor([box]), SIDE)[0].numpy()
        assert np.array_equal(inside, prompts.within(prompts.Box(*box), mask.shape))


def test_the_box_of_an_empty_mask_is_empty_and_holds_nothing() -> None:
    box = box_around(torch.zeros(1, SIDE, SIDE, dtype=torch.bool), torch.zeros(1, 4))
    assert box.tolist() == [[0, 0, 0, 0]]
    assert not filled(box, SIDE).any()


def test_the_largest_part_is_the_largest_component_where_parts_lie_apart() -> None:
    masks = np.zeros((2, SIDE, SIDE), dtype=bool)
    masks[0, 2:6, 2:60] = masks[0, 20:40, 20:34] = masks[0, 50:54, 8:12] = True
    masks[1, 30:33, 5:60] = masks[1, 5:30, 57:60] = masks[1, 50:60, 5:15] = True
    found = largest_part(torch.from_numpy(masks)).numpy()
    for mask, part in zip(masks, found, strict=True):
        assert np.array_equal(part, components(mask)[0])


def test_no_part_of_an_empty_mask_is_the_largest() -> None:
    assert not largest_part(torch.zeros(2, SIDE, SIDE, dtype=torch.bool)).any()


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_the_deepest_pixel_lies_nearly_as_deep_as_any(seed: int) -> None:
    masks = blobs(seed)
    for mask, (column, row) in zip(masks, deepest_pixel(torch.from_numpy(masks)).tolist(), strict=True):
        depth = np.asarray(ndimage.distance_transform_cdt(np.pad(mask, 1), metric="chessboard"))[1:-1, 1:-1]
        assert depth[row, column] == depth.max()


@given(st.integers(0, 1000), st.integers(0, 12))
@settings(max_examples=20)
def test_distances_are_those_of_pixels_centres_as_far_as_is_asked(seed: int, most: int) -> None:
    masks = blobs(seed)
    for mask, found in zip(masks, distance_to(torch.from_numpy(masks), most).numpy(), strict=True):
        exact = np.asarray(ndimage.distance_transform_edt(~mask))
        near = exact <= most
        np.testing.assert_allclose(found[near], exact[near], rtol=1e-6)
        assert (found[~near] > most).all()


def test_nothing_is_infinitely_far() -> None:
    assert distance_to(torch.zeros(1, SIDE, SIDE, dtype=torch.bool), 3).isinf().all()


def test_some_pixel_is_any_of_the_mask() -> None:
    mask = torch.zeros(1, SIDE, SIDE, dtype=torch.bool)
    mask[0, 10, 20] = mask[0, 30, 40] = True
    torch.manual_seed(0)
    found = {tuple(some_pixel(mask)[0].tolist()) for _ in range(20)}
    assert found == {(20, 10), (40, 30)}
