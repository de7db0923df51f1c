"""Outlines along the edges of pixels."""

import numpy as np

from scarmass.domain.outline import outline_of


def test_a_rectangle_has_four_edges() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:3, 2:7] = True
    assert sorted(outline_of(mask)) == sorted([(2, 1, 7, 1), (2, 3, 7, 3), (2, 1, 2, 3), (7, 1, 7, 3)])


def test_a_mask_at_the_images_border_is_outlined_all_around() -> None:
    assert len(outline_of(np.ones((3, 3), bool))) == 4


def test_a_hole_is_outlined_too_and_the_empty_mask_not_at_all() -> None:
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    assert len(outline_of(mask)) == 8
    assert outline_of(np.zeros((5, 5), bool)) == []


def test_the_outline_is_as_long_as_the_edges_of_its_pixels() -> None:
    mask = np.random.default_rng(0).random((20, 30)) > 0.5
    padded = np.pad(mask, 1)
    edges = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    assert sum(x1 - x0 + y1 - y0 for x0, y0, x1, y1 in outline_of(mask)) == edges
