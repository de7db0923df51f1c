"""What a reader clicked is a fact: answers obey it, where the network alone would not."""

from collections.abc import Sequence

import numpy as np

from scarmass.domain.masks import pixel_index
from scarmass.domain.prompts import Point
from scarmass.inference.segmenter.window import LOGITS_SIDE, Float32, Window

REACH_MM = 6.0
"""Standard deviation of a click's influence in space."""

LIKENESS = 0.15
"""Standard deviation of its influence over grey values, of the window's range from 0 to 1."""

CERTAIN_LOGIT = 1.0
"""Least logit, in size, of a pixel that was clicked."""

LARGEST_LOGIT = 6.0
"""Logits are no larger than this where a click falls: else it would change its own pixel alone."""


def obeying_clicks(logits: Float32, points: Sequence[Point], grey: Float32, window: Window) -> Float32:
    """Logits (256, 256) that have the sign of every point in its pixel, changed near there among alike grey values.

    grey: the window (256, 256) from 0 to 1. The change interpolates what the clicked pixels lack with a bilateral
    kernel (Tomasi and Manduchi, ICCV 1998); it is zero where the network obeys by itself.
    """
    if not points:
        return logits
    pixels = [pixel_index(point.x, point.y, (window.rows, window.columns)) for point in points]
    centres = window.from_native([(column + 0.5, row + 0.5) for row, column in pixels], LOGITS_SIDE)
    columns, rows = np.clip(np.floor(centres).astype(int), 0, LOGITS_SIDE - 1).T
    signs = np.array([1.0 if point.positive else -1.0 for point in points])
    lacking = signs * np.clip(CERTAIN_LOGIT - signs * logits[rows, columns], 0, CERTAIN_LOGIT + LARGEST_LOGIT)
    if not lacking.any():
        return logits
    influence = _influence(rows, columns, grey, window.side_mm / LOGITS_SIDE)
    strengths, *_ = np.linalg.lstsq(influence[:, rows, columns].T, lacking, rcond=1e-6)
    certain = np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
    return (certain + np.tensordot(strengths, influence, 1)).astype(np.float32)


def _influence(rows: np.ndarray, columns: np.ndarray, grey: Float32, pixel_mm: float) -> np.ndarray:
    """Kernel (clicks, 256, 256): 1 in the clicked pixel, falling with distance and with difference in grey."""
    y, x = np.mgrid[:LOGITS_SIDE, :LOGITS_SIDE]
    squared_mm = ((y - rows[:, None, None]) ** 2 + (x - columns[:, None, None]) ** 2) * pixel_mm**2
    unlike = grey - grey[rows, columns][:, None, None]
    return np.exp(-0.5 * (squared_mm / REACH_MM**2 + unlike**2 / LIKENESS**2))
