"""Which images lie on one grid, and which of those at one position.

By distance within tolerances, never by rounded keys: a limit of rounding may lie between two values that are equal but
for the noise of text-encoded decimals, and such a series would be two.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.geometry import DISTINCT_TOLERANCE_MM, ORIENTATION_TOLERANCE, positions_along_normal_mm
from scarmass.domain.stack import SAME_TISSUE, SPACING_TOLERANCE, SliceHeader

POSITION_TOLERANCE = 0.1
"""Images of one series that lie closer than this part of their thickness lie at one position."""

UNKNOWN_THICKNESS_MM = 5.0
THICKEST_MM = 15.0
"""Taken for these tolerances, and nothing else, where the header has no thickness or one that no slice has."""


def grids(headers: Sequence[SliceHeader]) -> list[list[SliceHeader]]:
    """Images by orientation, pixel spacing and size, each group within tolerances of its first image."""
    shapes = np.array([[header.rows, header.columns] for header in headers])
    spacing = np.array([header.pixel_spacing_mm for header in headers])
    orientation = np.array([header.orientation for header in headers])
    along_row, normal = orientation[:, :3], np.cross(orientation[:, :3], orientation[:, 3:])
    directions = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (along_row, normal)]
    left = np.arange(len(headers))
    found = []
    while left.size:
        first = left[0]
        is_like = (shapes[left] == shapes[first]).all(axis=1)
        is_like &= (np.abs(spacing[left] / spacing[first] - 1) <= SPACING_TOLERANCE).all(axis=1)
        for vectors in directions:
            is_like &= np.linalg.norm(vectors[left] - vectors[first], axis=1) <= ORIENTATION_TOLERANCE
        found.append([headers[at] for at in left[is_like]])
        left = left[~is_like]
    return found


def without_positions(headers: Iterable[SliceHeader]) -> set[str]:
    """Series of several images that all lie at 0\\0\\0, as where an archive has taken the positions away."""
    series: dict[str, dict[str, bool]] = defaultdict(dict)
    for header in headers:
        series[header.series_instance_uid][header.sop_instance_uid] = any(header.position_mm)
    return {uid for uid, placed in series.items() if len(placed) > 1 and not any(placed.values())}


class Line:
    """Where the images of one grid lie along the normal of the first of them."""

    def __init__(self, headers: Sequence[SliceHeader]) -> None:
        at_mm = positions_along_normal_mm([header.plane for header in headers])
        known = [header.slice_thickness_mm for header in headers if header.slice_thickness_mm is not None]
        self._at_mm = {_key(header): at for header, at in zip(headers, at_mm.tolist(), strict=True)}
        self._thickness_mm = min(float(np.median(known)), THICKEST_MM) if known else UNKNOWN_THICKNESS_MM

    def at_mm(self, headers: Sequence[SliceHeader]) -> NDArray[np.float64]:
        """Signed distance (n,) from the origin."""
        return np.array([self._at_mm[_key(header)] for header in headers])

    def by_position(self, headers: Sequence[SliceHeader], tolerance: float) -> list[list[SliceHeader]]:
        """The images at each position, in order along the line; images at one position stay in the order they have.

        tolerance: the gap that parts two positions, in parts of the thickness.
        """
        at_mm = self.at_mm(headers)
        order = np.argsort(at_mm, kind="stable")
        limit_mm = max(tolerance * self._thickness_mm, DISTINCT_TOLERANCE_MM)
        starts = np.flatnonzero(np.diff(at_mm[order]) >= limit_mm) + 1
        return [[headers[at] for at in np.sort(group)] for group in np.split(order, starts)]

    def share_tissue(self, some: Sequence[SliceHeader], others: Sequence[SliceHeader]) -> bool:
        """Does an image among these show the tissue of one among the others?"""
        apart_mm = np.abs(self.at_mm(some)[:, None] - self.at_mm(others))
        return bool(apart_mm.min() < max(SAME_TISSUE * self._thickness_mm, DISTINCT_TOLERANCE_MM))


def _key(header: SliceHeader) -> tuple[str, int]:
    return header.sop_instance_uid, header.frame_number
