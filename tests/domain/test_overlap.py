"""Overlap and distance of masks, by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scarmass.domain.errors import MaskShapeMismatch
from scarmass.domain.overlap import dice, hausdorff_95_mm, pooled_dice

shapes = st.shared(hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), key="shape")
masks = shapes.flatmap(lambda shape: hnp.arrays(bool, shape))
spacings = st.tuples(st.floats(0.5, 3), st.floats(0.5, 3))


def mask(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def test_dice_by_hand() -> None:
    assert dice(mask("###.", "...."), mask(".###", ".#..")) == pytest.approx(2 * 2 / (3 + 4))


def test_dice_of_two_empty_masks_is_one_and_of_one_empty_mask_nought() -> None:
    empty = mask("..", "..")
    assert dice(empty, empty) == 1
    assert dice(empty, ~empty) == 0


def test_slices_are_pooled_before_they_are_divided() -> None:
    found, missed, nothing = mask("####"), mask("#..."), mask("....")
    assert pooled_dice([found, nothing, nothing], [found, missed, nothing]) == pytest.approx(2 * 4 / (4 + 4 + 1))


def test_pooled_slices_may_differ_in_shape() -> None:
    assert pooled_dice([mask("##"), mask("#", "#", ".")], [mask("##"), mask("#", ".", ".")]) == pytest.approx(6 / 7)
    assert pooled_dice([], []) == 1


def test_masks_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(MaskShapeMismatch):
        dice(mask("##"), mask("#"))
    with pytest.raises(MaskShapeMismatch):
        pooled_dice([mask("##")], [])
    with pytest.raises(MaskShapeMismatch):
        hausdorff_95_mm(mask("##"), mask("#", "#"), (1, 1))


@given(st.lists(st.tuples(masks, masks), min_size=1, max_size=4))
def test_pooled_dice_is_the_dice_of_the_stack(pairs: list[tuple]) -> None:
    answers, references = zip(*pairs, strict=True)
    assert pooled_dice(answers, references) == pytest.approx(dice(np.stack(answers), np.stack(references)))


@given(masks, masks)
def test_dice_is_symmetric_and_one_only_for_equal_masks(one: np.ndarray, other: np.ndarray) -> None:
    assert dice(one, other) == dice(other, one)
    assert (dice(one, other) == 1) == np.array_equal(one, other)


def test_distance_counts_rows_and_columns_in_their_own_millimetres() -> None:
    point, below, beside = mask("#..", "...", "..."), mask("...", "...", "#.."), mask("..#", "...", "...")
    assert hausdorff_95_mm(point, below, (1.5, 0.7)) == pytest.approx(3.0)
    assert hausdorff_95_mm(point, beside, (1.5, 0.7)) == pytest.approx(1.4)


def test_distance_is_of_outlines_so_that_a_hole_counts() -> None:
    full = np.ones((5, 5), dtype=bool)
    holed = full.copy()
    holed[2, 2] = False
    # 4 of the holed mask's 20 outline pixels lie around the hole, 1 from the full one's outline: the 95th percentile.
    assert hausdorff_95_mm(full, holed, (1, 1)) == pytest.approx(1)


def test_the_farthest_twentieth_of_an_outline_is_left_out() -> None:
    line, spur = np.zeros((3, 100), dtype=bool), np.zeros((3, 100), dtype=bool)
    line[0], spur[0], spur[1:, 0] = True, True, True
    # 102 outline pixels, of which one is 1 and one 2 away: fewer than one in twenty.
    assert hausdorff_95_mm(line, spur, (1, 1)) == 0


def test_the_greater_direction_counts() -> None:
    """Of 30 answered pixels all but one are 1 to 29 from the one of the reference, which is 0 from the answer."""
    answer, reference = np.ones((1, 30), dtype=bool), np.zeros((1, 30), dtype=bool)
    reference[0, 0] = True
    expected = 0.95 * 29
    assert hausdorff_95_mm(answer, reference, (1, 1)) == pytest.approx(expected)
    assert hausdorff_95_mm(reference, answer, (1, 1)) == pytest.approx(expected)


def test_nothing_found_is_infinitely_far_and_nothing_to_find_no_distance() -> None:
    empty = mask("..", "..")
    assert hausdorff_95_mm(empty, empty, (1, 1)) == 0
    assert hausdorff_95_mm(empty, ~empty, (1, 1)) == float("inf")
    assert hausdorff_95_mm(~empty, empty, (1, 1)) == float("inf")


@given(masks.filter(np.any), masks.filter(np.any), spacings)
def test_distance_is_what_measuring_every_pair_of_outline_pixels_gives(
    answer: np.ndarray, reference: np.ndarray, spacing: tuple[float, float]
) -> None:
    between = np.linalg.norm(
        (outline(answer)[:, None] - outline(reference)[None]) * np.array(spacing),
        axis=-1,
    )
    expected = max(np.percentile(between.min(axis=1), 95), np.percentile(between.min(axis=0), 95))
    assert hausdorff_95_mm(answer, reference, spacing) == pytest.approx(expected)


def outline(mask: np.ndarray) -> np.ndarray:
    """(n, 2) rows and columns of the set pixels that have a side on which the mask ends."""
    padded = np.pad(mask, 1)
    return np.array(
        [
            (row, column)
            for row, column in np.argwhere(mask)
            if not all(padded[row + 1 + down, column + 1 + right] for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)))
        ]
    )
