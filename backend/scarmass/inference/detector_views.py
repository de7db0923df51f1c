"""What the detector sees of a slice: the whole of it, or the heart close up; and where that lies on the slice."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import SliceImage

INTENSITY_PERCENTILES = (1.0, 99.5)
"""Percentiles of a slice's pixels that become 0 and 1: a few bright pixels must not darken the heart."""

CLOSE_UP_VENTRICLE_SHARE = 0.4
"""Ventricular diameter over the side of a close look."""


@dataclass(frozen=True)
class Letterbox:
    """Where a slice lies in the square network input: input = native * scale + offset, in corner-based pixels."""

    scale_x: float
    scale_y: float
    offset_x: int
    offset_y: int

    def to_native(self, boxes: NDArray[np.floating]) -> NDArray[np.floating]:
        """Boxes (n, 4) as x0, y0, x1, y1 from the input's pixels to the slice's."""
        offset = [self.offset_x, self.offset_y] * 2
        return (boxes - offset) / ([self.scale_x, self.scale_y] * 2)

    def to_input(self, boxes: NDArray[np.floating]) -> NDArray[np.floating]:
        """Boxes (n, 4) as x0, y0, x1, y1 from the slice's pixels to the input's."""
        return boxes * ([self.scale_x, self.scale_y] * 2) + [self.offset_x, self.offset_y] * 2


def network_input(image: SliceImage, size: int) -> tuple[NDArray[np.float32], Letterbox]:
    """The whole slice as the network sees it, in training and in serving: float32 (size, size) of 0 to 1.

    Resampled to square pixels, as large as the input allows, centred, black around.
    """
    rows, columns = image.pixels.shape
    height_mm, width_mm = rows * image.pixel_spacing_mm[0], columns * image.pixel_spacing_mm[1]
    inputs_per_mm = size / max(height_mm, width_mm)
    height, width = (max(1, round(extent_mm * inputs_per_mm)) for extent_mm in (height_mm, width_mm))
    top, left = (size - height) // 2, (size - width) // 2

    low, high = np.percentile(image.pixels, INTENSITY_PERCENTILES)
    grey = np.clip((image.pixels - low) / max(high - low, np.finfo(np.float32).tiny), 0, 1)
    resampled = F.interpolate(
        torch.from_numpy(grey.astype(np.float32))[None, None],
        size=(height, width),
        mode="bilinear",
        antialias=True,
    )
    square = np.zeros((size, size), dtype=np.float32)
    square[top : top + height, left : left + width] = resampled[0, 0].numpy()
    return square, Letterbox(width / columns, height / rows, left, top)


def cut_close_up(image: SliceImage, region: HeartRegion) -> tuple[SliceImage, int, int]:
    """The part of a slice around the heart, and the native column and row where that part begins.

    Around the nearest place of the slice where the heart lies beyond it.
    """
    row_mm, column_mm = image.pixel_spacing_mm
    half_mm = max(region.diameter_mm / CLOSE_UP_VENTRICLE_SHARE / 2, 2 * max(row_mm, column_mm))
    rows, columns = image.pixels.shape
    x, y = min(max(region.x, 0), columns), min(max(region.y, 0), rows)
    left, right = (round(x + side * half_mm / column_mm) for side in (-1, 1))
    top, bottom = (round(y + side * half_mm / row_mm) for side in (-1, 1))
    left, right, top, bottom = max(0, left), min(columns, right), max(0, top), min(rows, bottom)
    part = SliceImage(f"{image.key} close up", image.pixels[top:bottom, left:right], image.pixel_spacing_mm)
    return part, left, top
