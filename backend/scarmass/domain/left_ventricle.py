"""Where the heart lies in a stack: one region for all its slices, from the left-ventricle boxes of a detector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.domain.prompts import Box


@dataclass(frozen=True)
class HeartRegion:
    """Centre in corner-based image pixels and left-ventricular diameter in mm, shared by a stack's slices."""

    x: float
    y: float
    diameter_mm: float

    def box(self, pixel_spacing_mm: tuple[float, float]) -> Box:
        """The square of that diameter around the centre, which may reach beyond the image."""
        half_y, half_x = (self.diameter_mm / 2 / spacing for spacing in pixel_spacing_mm)
        return Box(self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y)


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
