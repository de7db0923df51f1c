"""Where the heart lies in a stack: one region for all its slices, from the left-ventricle boxes of a detector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.domain.prompts import Box


@dataclass(frozen=True)
class HeartRegion:
    """Centre in corner-based image pixels and left-ventricular diameter in mm, shared by a stack's slices."""

    x: float
    y: float
    diameter_mm: float

    def holds(self, box: Box, pixel_spacing_mm: tuple[float, float]) -> bool:
        """Whether the middle of a box is nearer to the heart's than the ventricle's wall is."""
        row_mm, column_mm = pixel_spacing_mm
        x, y = box.centre
        return float(np.hypot((x - self.x) * column_mm, (y - self.y) * row_mm)) <= self.diameter_mm / 2

    def box(self, pixel_spacing_mm: tuple[float, float]) -> Box:
        """The square of that diameter around the centre, which may reach beyond the image."""
        half_y, half_x = (self.diameter_mm / 2 / spacing for spacing in pixel_spacing_mm)
        return Box(self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y)


NEIGHBOURS, FEWEST_NEIGHBOURS = 4, 3


def expected_box(known: Mapping[int, Box], index: int) -> Box | None:
    """Where a stack's boxes, by their slices' indices, would have the one at this index, which they are without.

    Each edge lies on the line that fits it best on the nearest slices, the nearer ones counting more. None where too
    few are known, or it shrinks to none.
    """
    nearest = sorted(known, key=lambda one: abs(one - index))[:NEIGHBOURS]
    if len(nearest) < FEWEST_NEIGHBOURS:
        return None
    away = np.array(nearest) - index
    edges = np.array([(box.x0, box.y0, box.x1, box.y1) for box in (known[one] for one in nearest)])
    slopes_and_edges = np.polyfit(away, edges, 1, w=1 / np.abs(away))
    x0, y0, x1, y1 = map(float, slopes_and_edges[1])
    return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def heart_region(boxes: Sequence[Box], pixel_spacing_mm: tuple[float, float]) -> HeartRegion | None:
    """The region around a stack's left-ventricle boxes (at most one a slice), or None where there are none.

    Medians keep one wrong box from moving the window; the upper quartile of the longer sides is the diameter,
    since apical slices are smaller than the ventricle.
    """
    if not boxes:
        return None
    row_mm, column_mm = pixel_spacing_mm
    centres = np.array([box.centre for box in boxes])
    sides_mm = [max((box.x1 - box.x0) * column_mm, (box.y1 - box.y0) * row_mm) for box in boxes]
    x, y = np.median(centres, axis=0)
    return HeartRegion(float(x), float(y), float(np.quantile(sides_mm, 0.75)))
