"""What is known of the phantom's wall by angle: where the right ventricle meets it, and how much scar a sector holds.

Angles run in radians from the anterior insertion point through the septum, as domain/wall.py counts them.
"""

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.structures import Structure
from scarmass.phantom.stack import Phantom

Floats = NDArray[np.floating]

ANTERIOR_INSERTION, INFERIOR_INSERTION = -2 * np.pi / 3, 2 * np.pi / 3
"""theta of the ventricle's polar coordinates: the septum between them is centred on pi."""

SEPTUM_WIDTH = 2 * np.pi / 3

NODES = 2048


def insertion_points_xy(phantom: Phantom, index: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """(anterior, inferior) insertion point on the epicardium of a slice, each (x, y) in corner-based image pixels."""
    theta = np.array([ANTERIOR_INSERTION, INFERIOR_INSERTION])
    radius_mm = phantom.ventricle.epicardium_mm(theta, np.full(2, phantom.heights[index]))
    row_mm, column_mm = phantom.planes[index].pixel_spacing_mm
    x, y = phantom.axes_xy[index]
    points = np.stack([x + radius_mm * np.cos(theta) / column_mm, y + radius_mm * np.sin(theta) / row_mm], axis=-1)
    anterior, inferior = points.tolist()
    return tuple(anterior), tuple(inferior)


def sector_areas_mm2(phantom: Phantom, index: int, start: float, end: float) -> dict[Structure, float]:
    """Exact area of every structure on a slice between two angles."""
    boundaries = _boundaries_mm(phantom, index, start, end)
    return {
        structure: float((outer**2 - inner**2).mean() * (end - start) / 2)
        for structure, (inner, outer) in boundaries.items()
    }


def depths(phantom: Phantom, index: int, start: float, end: float) -> Floats:
    """Share of the wall's thickness (NODES,) that is scar, at even angles between two."""
    boundaries = _boundaries_mm(phantom, index, start, end)
    inner, outer = boundaries[Structure.SCAR]
    return (outer - inner) / (boundaries[Structure.LEFT_VENTRICLE][1] - inner)


def _boundaries_mm(phantom: Phantom, index: int, start: float, end: float) -> dict[Structure, tuple[Floats, Floats]]:
    theta = ANTERIOR_INSERTION - (start + (np.arange(NODES) + 0.5) / NODES * (end - start))
    return phantom.ventricle.boundaries_mm(theta, np.full(NODES, phantom.heights[index]))
