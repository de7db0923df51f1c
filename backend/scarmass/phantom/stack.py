"""A seeded LGE phantom: short-axis slices whose scar area and mass are known exactly.

phantom(seed) draws a patient and an acquisition; options fix what a test or a demonstration needs. The truth
comes from explicit functions (ventricle.py), never from pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.geometry import SlicePlane
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import Structure
from scarmass.phantom.body import Body, paint_body, random_body
from scarmass.phantom.contrast import random_shading, received, signals, texture
from scarmass.phantom.heart import Heart, SliceGrid, paint_heart, random_heart, truth_masks
from scarmass.phantom.ventricle import Scar, Ventricle

Floats = NDArray[np.floating]

DENSITY_G_PER_ML = 1.05

SHORT_AXIS = (0.713138, 0.686725, 0.140867, -0.346844, 0.520266, -0.780399)
"""ImageOrientationPatient as the heart of most patients lies: its apex to the left, forwards and downwards; the normal
points from apex to base."""

HEART_POSITION_MM = np.array([45.0, -25.0, 10.0])
HEART_IN_IMAGE_MM = (-12, -18)
"""Mean place of the ventricle's axis from the image's middle, x and y."""

GRAIN = 0.03


@dataclass(frozen=True)
class Phantom:
    """n slices ordered along the normal, apex first, with their truth.

    pixels: int16 (n, rows, columns), signed for PSIR. masks: (n, rows, columns) by structure; scar includes
    no-reflow. area_mm2: exact in-plane area (n,) by structure. volume_ml: volume by structure, integrated
    over the ventricle's whole length, gaps included. heights: of the slices (n,), in shares of the ventricle's length;
    axes_xy: where its axis meets them (n, 2), in corner-based image pixels.
    """

    pixels: NDArray[np.int16]
    planes: tuple[SlicePlane, ...]
    contrast: Contrast
    masks: Mapping[Structure, Mask]
    area_mm2: Mapping[Structure, Floats]
    volume_ml: Mapping[Structure, float]
    slice_thickness_mm: float
    slice_spacing_mm: float
    ventricle: Ventricle
    heights: Floats
    axes_xy: Floats

    def mass_by_slice_thickness_g(self, structure: Structure = Structure.SCAR) -> float:
        return float(self.area_mm2[structure].sum()) * self.slice_thickness_mm * DENSITY_G_PER_ML / 1000

    def mass_by_slice_spacing_g(self, structure: Structure = Structure.SCAR) -> float:
        return float(self.area_mm2[structure].sum()) * self.slice_spacing_mm * DENSITY_G_PER_ML / 1000

    def mass_g(self, structure: Structure = Structure.SCAR) -> float:
        """Mass of the continuous body, which slices only sample."""
        return self.volume_ml[structure] * DENSITY_G_PER_ML


def phantom(
    seed: int,
    *,
    rows: int = 256,
    columns: int = 256,
    pixel_spacing_mm: tuple[float, float] = (1.4, 1.4),
    slice_thickness_mm: float = 8.0,
    slice_gap_mm: float = 2.0,
    number_of_slices: int = 10,
    orientation: tuple[float, float, float, float, float, float] = SHORT_AXIS,
    contrast: Contrast = Contrast.MAGNITUDE,
    scars: Sequence[Scar] | None = None,
    noise: float | None = None,
    shift_mm: float = 1.5,
) -> Phantom:
    """Draw a phantom; the same arguments always give the same one.

    scars: None draws none to three, () has none. noise: standard deviation relative to the signal of unit
    proton density, None draws it. shift_mm: standard deviation of each slice's displacement in the plane, as
    breath-holds differ. The stack covers the ventricle: number_of_slices x (thickness + gap) is its length.
    Raises GeometryInvalid.
    """
    rng = np.random.default_rng(seed)
    spacing_mm = slice_thickness_mm + slice_gap_mm
    shape = (number_of_slices, rows, columns)
    planes = _planes(shape, pixel_spacing_mm, slice_thickness_mm, spacing_mm, orientation)
    heart, body = random_heart(rng, number_of_slices * spacing_mm, scars), random_body(rng)
    tissue_signals = signals(rng)
    grids = _grids(rng, shape, pixel_spacing_mm, slice_thickness_mm / heart.left.length_mm, shift_mm)
    images = _paint(rng, heart, body, tissue_signals, grids)
    masks = [truth_masks(heart.left, grid) for grid in grids]
    drawn_noise = float(rng.uniform(0.008, 0.035))
    return Phantom(
        pixels=received(rng, images, drawn_noise if noise is None else noise, contrast),
        planes=planes,
        contrast=contrast,
        masks={structure: np.stack([m[structure] for m in masks]) for structure in Structure},
        area_mm2=heart.left.areas_mm2([grid.height for grid in grids]),
        volume_ml=heart.left.volumes_ml(),
        slice_thickness_mm=slice_thickness_mm,
        slice_spacing_mm=spacing_mm,
        ventricle=heart.left,
        heights=np.array([grid.height for grid in grids]),
        axes_xy=np.array([grid.axis_xy for grid in grids]),
    )


def _grids(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    pixel_spacing_mm: tuple[float, float],
    thickness: float,
    shift_mm: float,
) -> list[SliceGrid]:
    """Where each slice's pixels lie from the ventricle's axis, apex first, each slice displaced a little."""
    slices, rows, columns = shape
    centres_mm = rng.normal(HEART_IN_IMAGE_MM, 8) + shift_mm * rng.standard_normal((slices, 2))
    return [
        SliceGrid(
            _axis_mm(columns, pixel_spacing_mm[1]) - x,
            _axis_mm(rows, pixel_spacing_mm[0]) - y,
            height=1 - (index + 0.5) / slices,
            thickness=thickness,
        )
        for index, (x, y) in enumerate(centres_mm)
    ]


def _paint(
    rng: np.random.Generator, heart: Heart, body: Body, tissue_signals: Floats, grids: Sequence[SliceGrid]
) -> NDArray[np.float32]:
    """Shaded signed signal (slices, rows, columns) without noise."""
    shading = random_shading(rng)
    images = []
    for grid in grids:
        x_mm, y_mm = np.meshgrid(grid.x_mm.astype(np.float32), grid.y_mm.astype(np.float32))
        image = paint_body(body, tissue_signals, x_mm, y_mm, grid.height)
        paint_heart(heart, tissue_signals, grid, image)
        images.append(image * (1 + GRAIN * texture(rng, image.shape, 1.2)) * shading.at(x_mm, y_mm))
    return np.stack(images)


def _planes(
    shape: tuple[int, int, int],
    pixel_spacing_mm: tuple[float, float],
    slice_thickness_mm: float,
    spacing_mm: float,
    orientation: tuple[float, float, float, float, float, float],
) -> tuple[SlicePlane, ...]:
    """Slice planes along the normal with the stack's middle at the heart's position."""
    slices, rows, columns = shape
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    corner = HEART_POSITION_MM + _axis_mm(columns, pixel_spacing_mm[1])[0] * along_row
    corner = corner + _axis_mm(rows, pixel_spacing_mm[0])[0] * along_column
    normal = np.cross(along_row, along_column)
    return tuple(
        SlicePlane(
            rows,
            columns,
            tuple(float(x) for x in corner + offset * normal),  # type: ignore[arg-type]
            orientation,
            pixel_spacing_mm,
            slice_thickness_mm,
        )
        for offset in _axis_mm(slices, spacing_mm)
    )


def _axis_mm(count: int, spacing_mm: float) -> Floats:
    """Centres (count,) of pixels or slices, from the middle of the axis."""
    return (np.arange(count) - (count - 1) / 2) * spacing_mm
