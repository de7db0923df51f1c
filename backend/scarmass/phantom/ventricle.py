"""The phantom's left ventricle as explicit functions of angle and height, and the exact areas they enclose.

Polar coordinates about the ventricle's axis, in mm: theta = 0 points to the lateral wall (right on the
image), pi/2 to the inferior wall (down), pi to the septum. height runs from 0 at the base to 1 at the apex.
Every boundary is one radius r(theta, height), so an area is the integral of half r_out^2 - r_in^2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.structures import Structure

Floats = NDArray[np.floating]

NUMBER_OF_ANGLES = 1024
NUMBER_OF_HEIGHTS = 256
CORE_ANGLE, CORE_HEIGHT = 0.6, 0.7
"""Angular and longitudinal extent of a no-reflow core relative to its scar's."""


class Territory(Enum):
    """Coronary territory as (angle, height) of its centre: the AHA segments that the artery supplies."""

    LAD = (-2 * np.pi / 3, 0.65)
    RCA = (2 * np.pi / 3, 0.4)
    LCX = (0.0, 0.45)


@dataclass(frozen=True)
class Scar:
    """An infarct growing from the endocardium.

    transmurality: largest share of the wall, 0 to 1. half_angle: radians, at most a territory's half, pi/3.
    half_height: share of the ventricle's length, 0 to 0.35. is_sharp: it ends all at once, not thinning out.
    """

    territory: Territory
    transmurality: float = 0.6
    half_angle: float = 0.8
    half_height: float = 0.3
    no_reflow: bool = False
    is_sharp: bool = False

    def __post_init__(self) -> None:
        if not (0 < self.transmurality <= 1 and 0 < self.half_angle <= np.pi / 3 and 0 < self.half_height <= 0.35):
            raise ValueError(f"not a scar of one coronary territory: {self}")

    def depth(self, theta: Floats, height: Floats) -> Floats:
        """Share of the wall that is scar, 0 to 1."""
        return self.transmurality * self._bump(theta, height, 1, 1)

    def core(self, theta: Floats, height: Floats) -> tuple[Floats, Floats]:
        """(inner, outer) edge of the no-reflow core as shares of the wall, within the scar's middle."""
        depth = self.depth(theta, height)
        half = 0.3 * depth * self._bump(theta, height, CORE_ANGLE, CORE_HEIGHT)
        return 0.45 * depth - half, 0.45 * depth + half

    def _bump(self, theta: Floats, height: Floats, angle_share: float, height_share: float) -> Floats:
        angle, middle = self.territory.value
        shape = _box if self.is_sharp else _plateau
        along = shape((height - middle) / (self.half_height * height_share))
        across = _wrap(theta - angle)
        return along * shape(across / (self.half_angle * angle_share))


@dataclass(frozen=True)
class Ventricle:
    """A left ventricle with its infarcts. length_mm runs from base to apex.

    radius_mm and wall_mm: of the epicardium and the wall at the base. ellipticity and its axis_angle shape
    the epicardium; trabeculation (share of the radius) the endocardium. Raises ValueError where two scars
    share a territory, since their no-reflow cores could then overlap.
    """

    length_mm: float
    radius_mm: float
    wall_mm: float
    ellipticity: float
    axis_angle: float
    trabeculation: float
    scars: tuple[Scar, ...]

    def __post_init__(self) -> None:
        if len({scar.territory for scar in self.scars}) < len(self.scars):
            raise ValueError("a territory holds one scar at most")

    def epicardium_mm(self, theta: Floats, height: Floats) -> Floats:
        """Radius of the epicardium: an ellipsoid cut at the base, without its last millimetres."""
        tapered = self.radius_mm * np.sqrt(1 - 0.9 * np.clip(height, 0, 1) ** 3)
        return tapered * (1 + self.ellipticity * np.cos(2 * (theta - self.axis_angle)))

    def endocardium_mm(self, theta: Floats, height: Floats) -> Floats:
        epicardium = self.epicardium_mm(theta, height)
        wall = np.minimum(self.wall_mm * (1 - 0.3 * height), 0.6 * epicardium)
        return (epicardium - wall) * (1 + self.trabeculation * np.cos(7 * theta + 9 * height))

    def boundaries_mm(self, theta: Floats, height: Floats) -> dict[Structure, tuple[Floats, Floats]]:
        """(inner, outer) radius of the scar, the blood pool and the left ventricle at each point."""
        inner, outer = self.endocardium_mm(theta, height), self.epicardium_mm(theta, height)
        depth = 0 * inner
        for scar in self.scars:
            depth = np.maximum(depth, scar.depth(theta, height))
        return {
            Structure.SCAR: (inner, inner + depth * (outer - inner)),
            Structure.BLOOD_POOL: (0 * inner, inner),
            Structure.LEFT_VENTRICLE: (0 * inner, outer),
        }

    def cores_mm(self, theta: Floats, height: Floats) -> list[tuple[Floats, Floats]]:
        """(inner, outer) radius of each no-reflow core, all enclosed by scar and none touching another."""
        inner, outer = self.endocardium_mm(theta, height), self.epicardium_mm(theta, height)
        cores = [scar.core(theta, height) for scar in self.scars if scar.no_reflow]
        return [(inner + low * (outer - inner), inner + high * (outer - inner)) for low, high in cores]

    def areas_mm2(self, heights: Sequence[float] | Floats) -> dict[Structure, Floats]:
        """Exact in-plane area (n,) of every structure at each height, independent of any pixel grid.

        Quadrature by the trapezoidal rule on a periodic integrand, NUMBER_OF_ANGLES nodes.
        """
        theta = np.linspace(-np.pi, np.pi, NUMBER_OF_ANGLES, endpoint=False)[None, :]
        height = np.asarray(heights, dtype=float)[:, None]
        areas = {s: _area(*radii) for s, radii in self.boundaries_mm(theta, height).items()}
        cores = [_area(*radii) for radii in self.cores_mm(theta, height)]
        return areas | {Structure.NO_REFLOW: sum(cores, np.zeros(height.shape[0]))}

    def volumes_ml(self) -> dict[Structure, float]:
        """Volume of every structure, integrated from base to apex (midpoint rule)."""
        heights = (np.arange(NUMBER_OF_HEIGHTS) + 0.5) / NUMBER_OF_HEIGHTS
        return {s: float(a.mean()) * self.length_mm / 1000 for s, a in self.areas_mm2(heights).items()}


def _area(inner: Floats, outer: Floats) -> Floats:
    return np.pi * np.mean(outer**2 - inner**2, axis=-1)


def _plateau(x: Floats) -> Floats:
    """1 up to |x| = 0.5, then a raised cosine down to 0 at |x| = 1."""
    return 0.5 * (1 + np.cos(np.pi * np.clip(2 * np.abs(x) - 1, 0, 1)))


def _box(x: Floats) -> Floats:
    """1 up to |x| = 1, then 0."""
    return (np.abs(x) <= 1).astype(float)


def _wrap(angle: Floats) -> Floats:
    """The angle brought into -pi..pi."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
