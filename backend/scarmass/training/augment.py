"""Augmentation: slices with another contrast, field of view, coil and noise, as other centres might make them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.datasets.annotated import NOMINAL_DIAMETER_MM, AnnotatedSlice
from scarmass.domain.structures import Structure

Grey = NDArray[np.float32]

NO_SIGNAL = 0.01
"""Grey value, from 0 to 1, up to which larger areas are padding rather than tissue."""


@dataclass(frozen=True)
class Augmentation:
    """How far a slice may be changed. Factors are drawn evenly (on a logarithmic scale for gamma and ventricle)."""

    contrast_share: float
    """Share of slices whose myocardium, blood and scar get new brightness."""
    myocardium_factor: tuple[float, float]
    blood_factor: tuple[float, float]
    scar_factor: tuple[float, float]
    nulled_share: float
    """Share of slices turned into a magnitude image whose null lies near the myocardium."""
    null_factor: tuple[float, float]
    """Grey value of the null, as a factor on the mean of normal myocardium."""
    grey_air_share: float
    """Share of slices with mid-grey, noisy air, as phase-sensitive images have it."""
    gamma: tuple[float, float]
    shading: float
    """Largest change of brightness by the coil, in natural logarithms."""
    ghosting: float
    """Largest strength of a ghost, a copy displaced along the phase encoding, relative to the slice."""
    wrap_share: float
    """Share of slices whose far side is folded over by up to a fifth of the field of view."""
    noise: float
    """Largest standard deviation of Rician noise, of the slice's own range."""
    blur_pixels: float
    ventricle_share: tuple[float, float]
    """Ventricular diameter over the longer side of the slice."""
    offset: float
    """Standard deviation of the ventricle's distance from the centre, of the longer side."""
    tilt_degrees: float
    """Largest rotation besides the quarter turns."""
    shorter_side: float
    """Least ratio of the shorter to the longer side."""
    close_up_share: float
    """Share of slices seen as the detector's close look sees them: the ventricle in the middle."""
    close_up_ventricle_share: tuple[float, float]
    close_up_offset: float


def augmented(
    annotated: AnnotatedSlice, size: int, ranges: Augmentation, generator: np.random.Generator
) -> AnnotatedSlice:
    """The slice with another contrast and another field of view; its longer side has `size` square pixels."""
    if generator.random() < ranges.close_up_share:
        ranges = replace(
            ranges,
            ventricle_share=ranges.close_up_ventricle_share,
            offset=ranges.close_up_offset,
            shorter_side=0.9,
        )
    return with_new_field_of_view(with_new_contrast(annotated, ranges, generator), size, ranges, generator)


def with_new_contrast(
    annotated: AnnotatedSlice, ranges: Augmentation, generator: np.random.Generator
) -> AnnotatedSlice:
    """The slice with another contrast, coil, noise and sharpness: pixels from 0 to about 1."""
    low, high = np.percentile(annotated.pixels, (0.5, 99.5))
    pixels: Any = (annotated.pixels - low) / max(high - low, 1e-6)
    if generator.random() < ranges.contrast_share:
        pixels = pixels * _tissue_factors(annotated, ranges, generator)
    if generator.random() < ranges.nulled_share:
        pixels = _nulled(pixels, annotated, ranges, generator)
    if generator.random() < ranges.grey_air_share:
        air = np.clip(1 - ndimage.gaussian_filter(pixels, 2) / 0.15, 0, 1)
        pixels = pixels + air * generator.normal(generator.uniform(0.2, 0.5), 0.1, pixels.shape)
    if generator.random() < ranges.wrap_share:
        pixels = _wrapped(pixels, generator)
    pixels = _ghosted(pixels, ranges.ghosting, generator)
    pixels = np.clip(pixels, 0, None) ** _log_uniform(generator, ranges.gamma)
    pixels = pixels * np.exp(_shading(pixels.shape, ranges.shading, generator))
    noise = generator.uniform(0, ranges.noise) * generator.standard_normal((2, *pixels.shape))
    pixels = ndimage.gaussian_filter(pixels, generator.uniform(0, ranges.blur_pixels))
    return replace(annotated, pixels=np.hypot(pixels + noise[0], noise[1]).astype(np.float32))


def _tissue_factors(annotated: AnnotatedSlice, ranges: Augmentation, generator: np.random.Generator) -> Grey:
    """Factor (rows, columns) on each pixel's brightness, soft at the borders of tissues."""
    ventricle, blood, scar = (
        annotated.masks[structure] for structure in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR)
    )
    factors = np.ones(ventricle.shape, dtype=np.float32)
    factors[ventricle] = generator.uniform(*ranges.myocardium_factor)
    factors[blood] = generator.uniform(*ranges.blood_factor)
    factors[scar] = generator.uniform(*ranges.scar_factor)
    return np.asarray(ndimage.gaussian_filter(factors, generator.uniform(0.5, 1.2)), dtype=np.float32)


def _nulled(pixels: Grey, annotated: AnnotatedSlice, ranges: Augmentation, generator: np.random.Generator) -> Grey:
    """Modulus of the signal counted from a null near normal myocardium, back on a range from 0 to about 1."""
    normal = annotated.myocardium & ~annotated.masks[Structure.SCAR]
    myocardium = float(pixels[normal].mean()) if normal.any() else float(np.median(pixels))
    modulus: Any = np.abs(pixels - myocardium * generator.uniform(*ranges.null_factor))
    modulus[ndimage.binary_opening(pixels <= NO_SIGNAL, iterations=2)] = 0  # padding has no signal to be nulled
    return (modulus / max(float(np.percentile(modulus, 99.5)), 1e-6)).astype(np.float32)


def _wrapped(pixels: Grey, generator: np.random.Generator) -> Grey:
    """What lies beyond a field of view that was too small comes in at its opposite side (aliasing)."""
    axis = int(generator.integers(2))
    depth = int(pixels.shape[axis] * generator.uniform(0.05, 0.2))
    along = np.moveaxis(pixels, axis, 0)
    folded = np.zeros_like(along)
    if generator.random() < 0.5:
        folded[:depth] = along[-depth:]
    else:
        folded[-depth:] = along[:depth]
    return pixels + np.moveaxis(folded, 0, axis)


def _ghosted(pixels: Grey, strongest: float, generator: np.random.Generator) -> Grey:
    """Motion repeats the slice faintly, half or a third of the field of view away along the phase encoding."""
    axis = int(generator.integers(2))
    displaced = np.roll(pixels, pixels.shape[axis] // int(generator.integers(2, 4)), axis)
    return (pixels + generator.uniform(0, strongest) * displaced).astype(np.float32)


def _shading(shape: tuple[int, ...], strength: float, generator: np.random.Generator) -> Grey:
    """Logarithm (rows, columns) of a smooth coil profile: a random quadratic of the position."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    terms = np.stack([x, y, x * y, x**2 - 0.5, y**2 - 0.5])
    profile = np.tensordot(generator.normal(size=len(terms)), terms, 1)
    return (generator.uniform(0, strength) * profile / np.abs(profile).max()).astype(np.float32)


def with_new_field_of_view(
    annotated: AnnotatedSlice, size: int, ranges: Augmentation, generator: np.random.Generator
) -> AnnotatedSlice:
    """The slice through another field of view: turned, mirrored, scaled and moved; black where it has no pixels."""
    native_mm = np.array(annotated.pixel_spacing_mm)
    field_mm = NOMINAL_DIAMETER_MM / _log_uniform(generator, ranges.ventricle_share)
    shape = np.array([size, round(size * generator.uniform(ranges.shorter_side, 1))])
    if generator.random() < 0.5:
        shape = shape[::-1]
    spacing_mm = field_mm / size
    angle = np.deg2rad(90 * generator.integers(4) + generator.uniform(-1, 1) * ranges.tilt_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[:, 1] *= generator.choice([-1, 1])
    offset_mm = turn @ (generator.normal(size=2) * ranges.offset * shape * spacing_mm)

    # Corner-based (row, column): native = matrix @ (new - centre of new) + the ventricle's centre, moved.
    matrix = turn * spacing_mm / native_mm[:, None]
    ventricle_centre = _centre(annotated.masks[Structure.LEFT_VENTRICLE])
    constant = ventricle_centre + offset_mm / native_mm - matrix @ (shape / 2)
    layers = np.stack([annotated.pixels, *annotated.masks.values()]).astype(np.float32)
    sampled = resampled(layers, matrix, constant, (int(shape[0]), int(shape[1])))
    return replace(
        annotated,
        pixels=sampled[0],
        pixel_spacing_mm=(spacing_mm, spacing_mm),
        masks={structure: layer > 0.5 for structure, layer in zip(annotated.masks, sampled[1:], strict=True)},
    )


def resampled(
    layers: Grey, matrix: NDArray[np.floating], constant: NDArray[np.floating], shape: tuple[int, int]
) -> Grey:
    """Layers (n, *shape), bilinear, from (n, rows, columns), read at old = matrix @ new + constant.

    Positions are corner-based (row, column). What lies outside the old pixels is zero.
    """
    new = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in shape), indexing="ij"), axis=-1)
    old = new @ matrix.T + constant
    to_unit = (2 * old / layers.shape[1:] - 1)[..., ::-1]
    grid = torch.from_numpy(np.ascontiguousarray(to_unit, dtype=np.float32))
    sampled = F.grid_sample(torch.from_numpy(layers)[None], grid[None], mode="bilinear", align_corners=False)
    return sampled[0].numpy()


def _centre(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Corner-based (row, column) of the middle of the mask, or of the image where the mask is empty."""
    if not mask.any():
        return np.array(mask.shape) / 2
    return np.argwhere(mask).mean(axis=0) + 0.5


def _log_uniform(generator: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(generator.uniform(*np.log(bounds))))
