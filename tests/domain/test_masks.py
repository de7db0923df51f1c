"""Run-length masks and their components."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from scarmass.domain.errors import MaskMalformed
from scarmass.domain.masks import component_at, components, from_rle, pixel_index, to_rle, without_holes

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20))


@given(masks)
def test_a_mask_survives_its_run_lengths(mask: np.ndarray) -> None:
    assert np.array_equal(from_rle(to_rle(mask)), mask)


def test_run_lengths_go_down_the_columns_and_start_with_unset_pixels() -> None:
    mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
    assert to_rle(mask) == {"size": [2, 3], "counts": [0, 2, 1, 1, 2]}


@pytest.mark.parametrize(
    "rle",
    [
        {"size": [2, 2], "counts": [3]},
        {"size": [2, 2], "counts": [5]},
        {"size": [2, 2], "counts": [-1, 5]},
        {"size": [0, 2], "counts": []},
        {"size": [2], "counts": [4]},
        {"size": [2, 2], "counts": ["many"]},
        {"size": [2**20, 2**20], "counts": [2**40]},
        {"counts": [4]},
    ],
)
def test_run_lengths_that_describe_no_mask_are_refused(rle: dict) -> None:
    with pytest.raises(MaskMalformed):
        from_rle(rle)


@given(masks)
def test_components_are_disjoint_and_make_up_the_mask_largest_first(mask: np.ndarray) -> None:
    parts = components(mask)
    assert np.array_equal(np.sum(parts, axis=0) if parts else np.zeros_like(mask, int), mask.astype(int))
    sizes = [int(part.sum()) for part in parts]
    assert sizes == sorted(sizes, reverse=True)


@given(masks)
def test_what_a_mask_encloses_is_what_scipy_fills(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(without_holes(mask), ndimage.binary_fill_holes(mask))


def test_a_component_is_the_part_under_a_point_and_nothing_where_there_is_none() -> None:
    mask = np.array([[1, 1, 0, 0, 1], [0, 0, 1, 0, 1]], bool)
    assert np.array_equal(component_at(mask, x=2.5, y=1.5), [[1, 1, 0, 0, 0], [0, 0, 1, 0, 0]])
    assert not component_at(mask, x=3.5, y=0.5).any()


@given(st.floats(0, 5), st.floats(0, 7))
def test_every_point_of_the_image_lies_in_a_pixel(x: float, y: float) -> None:
    row, column = pixel_index(x, y, (7, 5))
    assert 0 <= row < 7
    assert 0 <= column < 5
