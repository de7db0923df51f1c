"""The outline of a mask along the edges of its pixels, as it was drawn and not smoothed."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.masks import Mask

Edge = tuple[int, int, int, int]
"""x0, y0, x1, y1 in corner-based pixels: one straight piece of an outline, along a row or down a column."""


def outline_of(mask: Mask) -> list[Edge]:
    """Every edge between a pixel of the mask (rows, columns) and one that is none, neighbours in line joined."""
    padded = np.pad(mask, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    down = padded[1:-1, 1:] != padded[1:-1, :-1]
    level = [(start, at, end, at) for at, start, end in _runs(across)]
    upright = [(at, start, at, end) for at, start, end in _runs(down.T)]
    return [*level, *upright]


def _runs(edges: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """(line, start, end) of each run of set places within the lines (lines, places); end is one beyond it."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lines, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    yield from zip(lines.tolist(), starts.tolist(), ends.tolist(), strict=True)
