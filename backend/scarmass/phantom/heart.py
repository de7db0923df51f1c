"""The phantom's heart on a slice: ventricles, infarct, papillary muscles and fat, with partial volume."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure
from scarmass.phantom.contrast import Tissue
from scarmass.phantom.ventricle import Scar, Territory, Ventricle

Floats = NDArray[np.floating]

SAMPLES_IN_PLANE = 3
"""Samples per pixel along each axis."""

SAMPLES_THROUGH_PLANE = 3
RIGHT_VENTRICLE_WALL_MM = 3.0
OUTSIDE = -1
BOUNDS_MM = (-95.0, 60.0, -62.0, 62.0)
"""x from, to, y from, to about the ventricle's axis: what the heart never leaves."""


@dataclass(frozen=True)
class Heart:
    """left: the ventricle that is measured. fat_mm: epicardial fat. papillary_radius_mm: of both muscles.

    The right ventricle is an ellipse beside the septum, tapering to nothing before the apex.
    """

    left: Ventricle
    right_centre_mm: tuple[float, float]
    right_radii_mm: tuple[float, float]
    fat_mm: float
    papillary_radius_mm: float

    def tissues(self, x_mm: Floats, y_mm: Floats, height: Floats) -> NDArray[np.int8]:
        """Tissue at each point, OUTSIDE where there is no heart."""
        theta, radius = np.arctan2(y_mm, x_mm), np.hypot(x_mm, y_mm)
        boundaries = self.left.boundaries_mm(theta, height)
        to_left = radius - boundaries[Structure.LEFT_VENTRICLE][1]
        to_right = self._distance_to_right_mm(x_mm, y_mm, height)
        fat_mm = self.fat_mm * (1.2 - np.cos(theta + 0.4) + 0.6 * np.cos(3 * theta + 2 * height))
        tissues = np.full(to_left.shape, OUTSIDE, np.int8)
        tissues[np.minimum(to_left, to_right) < fat_mm] = Tissue.FAT
        tissues[to_right < 0] = Tissue.MYOCARDIUM
        tissues[to_right < -RIGHT_VENTRICLE_WALL_MM] = Tissue.BLOOD
        tissues[to_left < 0] = Tissue.MYOCARDIUM
        tissues[radius < boundaries[Structure.BLOOD_POOL][1]] = Tissue.BLOOD
        tissues[self._papillary(x_mm, y_mm, height)] = Tissue.MYOCARDIUM
        inner, outer = boundaries[Structure.SCAR]
        tissues[(inner <= radius) & (radius < outer)] = Tissue.SCAR
        for inner, outer in self.left.cores_mm(theta, height):
            tissues[(inner <= radius) & (radius < outer)] = Tissue.NO_REFLOW
        return tissues

    def _distance_to_right_mm(self, x_mm: Floats, y_mm: Floats, height: Floats) -> Floats:
        """Approximate signed distance to the right ventricle's outline."""
        size = np.sqrt(np.clip(1 - (height / 0.9) ** 2.5, 1e-4, None))
        (x, y), (a, b) = self.right_centre_mm, self.right_radii_mm
        reach = 0.4 + 0.6 * size
        return (np.hypot((x_mm - x * reach) / (a * size), (y_mm - y) / (b * size)) - 1) * min(a, b) * size

    def _papillary(self, x_mm: Floats, y_mm: Floats, height: Floats) -> NDArray[np.bool_]:
        inside = np.zeros(np.broadcast(x_mm, y_mm, height).shape, bool)
        size_mm = self.papillary_radius_mm * np.sqrt(np.clip(1 - ((height - 0.5) / 0.3) ** 2, 0, None))
        for angle in (-0.8, 2.1):
            at_mm = self.left.endocardium_mm(np.array(angle), height) - self.papillary_radius_mm
            inside |= np.hypot(x_mm - at_mm * np.cos(angle), y_mm - at_mm * np.sin(angle)) < size_mm
        return inside


@dataclass(frozen=True)
class SliceGrid:
    """Pixel centres of one slice in mm from the ventricle's axis, and the slab it averages over.

    x_mm: (columns,), y_mm: (rows,). height and thickness in shares of the ventricle's length.
    """

    x_mm: Floats
    y_mm: Floats
    height: float
    thickness: float

    @property
    def axis_xy(self) -> tuple[float, float]:
        """Where the ventricle's axis meets the slice, in corner-based image pixels."""
        x, y = (0.5 - axis_mm[0] / (axis_mm[1] - axis_mm[0]) for axis_mm in (self.x_mm, self.y_mm))
        return float(x), float(y)


def random_heart(rng: np.random.Generator, length_mm: float, scars: Sequence[Scar] | None) -> Heart:
    """A heart whose left ventricle is length_mm long; scars None draws none to three."""
    radius_mm = float(rng.uniform(33, 41))
    drawn = _random_scars(rng)
    left = Ventricle(
        length_mm=length_mm,
        radius_mm=radius_mm,
        wall_mm=float(rng.uniform(9, 12)),
        ellipticity=float(rng.uniform(0, 0.06)),
        axis_angle=float(rng.uniform(-np.pi, np.pi)),
        trabeculation=float(rng.uniform(0, 0.03)),
        scars=drawn if scars is None else tuple(scars),
    )
    return Heart(
        left=left,
        right_centre_mm=(-radius_mm * rng.uniform(0.75, 0.85), float(rng.uniform(2, 8))),
        right_radii_mm=(radius_mm * rng.uniform(0.8, 0.95), radius_mm * rng.uniform(0.95, 1.1)),
        fat_mm=float(rng.uniform(1.0, 3.0)),
        papillary_radius_mm=float(rng.uniform(3.5, 5)),
    )


def paint_heart(heart: Heart, signals: Floats, grid: SliceGrid, image: Floats) -> None:
    """Blend the heart into image (rows, columns) in place; a pixel's signal is the mean over its volume."""
    rows, columns = _between(grid.y_mm, *BOUNDS_MM[2:]), _between(grid.x_mm, *BOUNDS_MM[:2])
    y_mm, x_mm = _subsampled(grid.y_mm[rows]), _subsampled(grid.x_mm[columns])
    slab = (np.arange(SAMPLES_THROUGH_PLANE) + 0.5) / SAMPLES_THROUGH_PLANE - 0.5
    heights = np.float32(grid.height) + np.float32(grid.thickness) * slab.astype(np.float32)
    tissues = heart.tissues(x_mm[None, None, :], y_mm[None, :, None], heights[:, None, None])
    split = tissues.reshape(
        SAMPLES_THROUGH_PLANE, -1, SAMPLES_IN_PLANE, len(x_mm) // SAMPLES_IN_PLANE, SAMPLES_IN_PLANE
    )
    signal = np.append(signals, 0).astype(np.float32)[split].mean(axis=(0, 2, 4))
    outside = (split == OUTSIDE).mean(axis=(0, 2, 4))
    image[rows, columns] = image[rows, columns] * outside + signal


def truth_masks(left: Ventricle, grid: SliceGrid) -> dict[Structure, Mask]:
    """Masks (rows, columns) in the slice's middle plane: a pixel belongs where its centre does."""
    x_mm, y_mm = grid.x_mm[None, :], grid.y_mm[:, None]
    theta, radius = np.arctan2(y_mm, x_mm), np.hypot(x_mm, y_mm)
    height = np.full_like(theta, grid.height)

    def between(inner: Floats, outer: Floats) -> Mask:
        return (inner <= radius) & (radius < outer)

    masks = {s: between(*radii) for s, radii in left.boundaries_mm(theta, height).items()}
    no_reflow = np.zeros(theta.shape, bool)
    for radii in left.cores_mm(theta, height):
        no_reflow |= between(*radii)
    return masks | {Structure.NO_REFLOW: no_reflow}


def _between(axis_mm: Floats, low: float, high: float) -> slice:
    first, last = np.searchsorted(axis_mm, (low, high))
    return slice(int(first), int(last))


def _subsampled(axis_mm: Floats) -> NDArray[np.float32]:
    step = axis_mm[1] - axis_mm[0]
    offsets = ((np.arange(SAMPLES_IN_PLANE) + 0.5) / SAMPLES_IN_PLANE - 0.5) * step
    return (axis_mm[:, None] + offsets).ravel().astype(np.float32)


def _random_scars(rng: np.random.Generator) -> tuple[Scar, ...]:
    territories = rng.permutation(list(Territory))  # type: ignore[arg-type]
    return tuple(
        Scar(
            territory,
            transmurality=float(rng.uniform(0.3, 1)),
            half_angle=float(rng.uniform(0.4, np.pi / 3)),
            half_height=float(rng.uniform(0.2, 0.35)),
            no_reflow=bool(rng.random() < 0.35),
        )
        for territory in territories[: rng.choice(4, p=(0.15, 0.5, 0.25, 0.1))]
    )
