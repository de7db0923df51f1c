"""The segmenter's window: a square cut around the heart, and the way of pixels, prompts and masks in and back.

Everything that training and serving must do alike stands here once. Coordinates are corner-based: the centre
of the first pixel is (0.5, 0.5), x runs along columns, y along rows. "Native" is the slice's own pixel grid;
the window is isotropic in mm whatever the native spacing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SIDE_PER_DIAMETER = 1.8
"""The window's side over the left-ventricular diameter: the whole myocardium with some surroundings."""

GROWTH = 1.25
"""A window that does not hold its prompt grows by this factor, as often as needed."""

MARGIN = 0.03
"""Fraction of the side that a prompt keeps from the window's border."""

LOGITS_SIDE = 256
"""Pixels a side of the mask decoder's output and of its mask prompt."""

MASK_PROMPT_LOGIT = 10.0
"""Logit that stands for a certain pixel of a previous mask."""

IMAGENET_MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)
IMAGENET_STD = np.array([58.395, 57.12, 57.375], dtype=np.float32)


class Normalisation(StrEnum):
    """minmax: 0.5th to 99.5th percentile to 0..1 (MedSAM). imagenet: then 0..255 less mean over std (SAM)."""

    MINMAX = "minmax"
    IMAGENET = "imagenet"


@dataclass(frozen=True)
class Window:
    """A square of side_mm around (x, y), native pixels, of a slice of rows x columns pixels."""

    x: float
    y: float
    side_mm: float
    rows: int
    columns: int
    pixel_spacing_mm: tuple[float, float]

    def from_native(self, xy: ArrayLike, size: int) -> Float64:
        """Points (..., 2) in native pixels -> in a window of size x size pixels."""
        native_mm = (np.asarray(xy, dtype=float) - (self.x, self.y)) * self._pixel_mm
        return (native_mm / self.side_mm + 0.5) * size

    def to_native(self, uv: ArrayLike, size: int) -> Float64:
        """Points (..., 2) in a window of size x size pixels -> in native pixels. Inverse of from_native."""
        window_mm = (np.asarray(uv, dtype=float) / size - 0.5) * self.side_mm
        return window_mm / self._pixel_mm + (self.x, self.y)

    def enlarged_for(self, xy: ArrayLike) -> "Window":
        """This window, or the smallest GROWTH step of it that holds the native points (n, 2) with a margin.

        Never larger than what covers the whole slice.
        """
        reach_mm = np.abs((np.asarray(xy, dtype=float) - (self.x, self.y)) * self._pixel_mm).max()
        side_mm = self.side_mm
        while reach_mm > side_mm * (0.5 - MARGIN):
            side_mm *= GROWTH
        return replace(self, side_mm=max(self.side_mm, min(side_mm, self._covering_side_mm)))

    @property
    def _pixel_mm(self) -> tuple[float, float]:
        """Size of a native pixel along x and y."""
        row_mm, column_mm = self.pixel_spacing_mm
        return column_mm, row_mm

    @property
    def _covering_side_mm(self) -> float:
        column_mm, row_mm = self._pixel_mm
        across = max(self.x, self.columns - self.x) * column_mm
        along = max(self.y, self.rows - self.y) * row_mm
        return 2 * max(across, along)


def stack_window(shape: tuple[int, int], pixel_spacing_mm: tuple[float, float], region: HeartRegion | None) -> Window:
    """The window of a slice of (rows, columns): around the heart, or the whole slice where no heart was
    found."""
    rows, columns = shape
    if region is not None:
        side_mm = SIDE_PER_DIAMETER * region.diameter_mm
        return Window(region.x, region.y, side_mm, rows, columns, pixel_spacing_mm)
    row_mm, column_mm = pixel_spacing_mm
    return Window(columns / 2, rows / 2, max(rows * row_mm, columns * column_mm), rows, columns, pixel_spacing_mm)


def encoder_input(pixels: Float32, window: Window, size: int, normalisation: Normalisation) -> Float32:
    """Native pixels (rows, columns) -> normalised window (3, size, size), three equal channels before ImageNet's mean.

    Window pixels beyond the slice are 0 after normalisation, as SAM pads.
    """
    channels = np.repeat(grey_window(pixels, window, size)[None], 3, axis=0)
    if normalisation is Normalisation.IMAGENET:
        channels = (255 * channels - IMAGENET_MEAN[:, None, None]) / IMAGENET_STD[:, None, None]
    return np.ascontiguousarray(np.where(inside_slice(window, size), channels, 0), dtype=np.float32)


def grey_window(pixels: Float32, window: Window, size: int) -> Float32:
    """Native pixels (rows, columns) -> window (size, size), 0.5th to 99.5th percentile to 0..1, 0 beyond the slice."""
    values, inside = cut(pixels, window, size), inside_slice(window, size)
    low, high = np.percentile(values[inside], [0.5, 99.5]) if inside.any() else (0.0, 0.0)
    return np.where(inside, np.clip((values - low) / max(high - low, 1e-6), 0, 1), 0).astype(np.float32)


def mask_prompt(previous: Mask, window: Window) -> Float32:
    """A previous native mask (rows, columns) -> the decoder's mask prompt, logits (256, 256)."""
    coverage = cut(previous.astype(np.float32), window, LOGITS_SIDE)
    return ((2 * coverage - 1) * MASK_PROMPT_LOGIT).astype(np.float32)


def window_mask(mask: Mask, window: Window) -> Mask:
    """A native mask (rows, columns) -> the mask (256, 256) that the decoder should answer with."""
    return cut(mask.astype(np.float32), window, LOGITS_SIDE) > 0.5


def native_logits(logits: Float32, window: Window) -> Float32:
    """The decoder's logits (256, 256) at native pixel centres (rows, columns), -inf outside the window."""
    along, across, inside = _to_native_grid(window)
    return np.where(inside, (across @ (along @ logits).T).T, np.float32(-np.inf))


@lru_cache(maxsize=64)
def _to_native_grid(window: Window) -> tuple[sparse.csr_array, sparse.csr_array, Mask]:
    """Weights (rows, 256) and (columns, 256) of the logits at native pixel centres, and which of those it holds.

    Sparse, as each has two weights at most: dense products would wait for threads that share the cores.
    """
    columns, rows = np.arange(window.columns) + 0.5, np.arange(window.rows) + 0.5
    across = window.from_native(np.stack([columns, np.full_like(columns, window.y)], -1), LOGITS_SIDE)[:, 0]
    along = window.from_native(np.stack([np.full_like(rows, window.x), rows], -1), LOGITS_SIDE)[:, 1]
    inside = np.outer(_within(along, LOGITS_SIDE), _within(across, LOGITS_SIDE))
    weights_along, weights_across = (sparse.csr_array(_tent(axis, LOGITS_SIDE, 1.0)) for axis in (along, across))
    return weights_along, weights_across, inside


def native_mask(logits: Float32, window: Window) -> Mask:
    """The decoder's logits (256, 256) -> mask (rows, columns): the logits at native pixel centres are positive."""
    return native_logits(logits, window) > 0


def cut(pixels: Float32, window: Window, size: int) -> Float32:
    """Native pixels (..., rows, columns) resampled to the window (..., size, size), 0 beyond the slice.

    Bilinear where the window is finer than the slice; where it is coarser the same tent is widened to a
    window pixel, so that no native pixel is skipped.
    """
    along, across = _to_window_grid(window, size)
    layers = pixels.reshape(-1, *pixels.shape[-2:])
    resampled = [(across @ (along @ layer).T).T for layer in layers]
    return np.reshape(resampled, (*pixels.shape[:-2], size, size)).astype(np.float32)


@lru_cache(maxsize=64)
def _to_window_grid(window: Window, size: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Weights (size, rows) and (size, columns) of native pixels at the window's pixel centres; sparse as those to the
    native grid."""
    across, along = _native_axes(window, size)
    column_width, row_width = (max(1.0, abs(axis[1] - axis[0])) for axis in (across, along))
    of_rows, of_columns = _tent(along, window.rows, row_width), _tent(across, window.columns, column_width)
    return sparse.csr_array(of_rows), sparse.csr_array(of_columns)


def inside_slice(window: Window, size: int) -> Mask:
    """The window's pixels (size, size) whose centres lie on the slice."""
    across, along = _native_axes(window, size)
    return np.outer(_within(along, window.rows), _within(across, window.columns))


def _native_axes(window: Window, size: int) -> tuple[Float64, Float64]:
    """Native x of the window's column centres and native y of its row centres, (size,) each."""
    centres = np.arange(size) + 0.5
    native = window.to_native(np.stack([centres, centres], -1), size)
    return native[:, 0], native[:, 1]


def _within(positions: Float64, count: int) -> NDArray[np.bool_]:
    return (positions >= 0) & (positions <= count)


def _tent(positions: Float64, count: int, width: float) -> Float32:
    """Weights (len(positions), count) of a grid's samples at positions: linear, rows sum to 1, or 0 off the
    grid."""
    weights = np.clip(1 - np.abs(positions[:, None] - (np.arange(count) + 0.5)) / width, 0, None)
    weights *= _within(positions, count)[:, None]
    return (weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)).astype(np.float32)
