"""Contours of the left ventricle over a stack: smooth closed curves from what a segmenter says of each slice.

A contour is a radius about the ventricle's middle, a low-order Fourier series of the angle. The series of all slices
are fitted together: to the radii that divide inside from outside best along each ray, as far as those are certain, with
little bending along the contour and little change from slice to slice. Lengths are in mm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.domain.geometry import SlicePlane, positions_along_normal_mm
from scarmass.domain.masks import Mask, components, without_holes
from scarmass.domain.protocols import VentricleOutline
from scarmass.domain.structures import Structure

Float64 = NDArray[np.float64]
Contours = Mapping[Structure, Mask]
"""left_ventricle and blood_pool, bool (rows, columns) each; the blood pool may be empty."""

ANGLES = 72
STEP_MM, REACH_MM = 0.5, 70.0
ORDER = 6
"""Waves round a contour at most."""

BENDING, CHANGE = 1e-3, 0.5
"""Cost of waves, by the fourth power of their number, and of another radius on the next slice, 1 mm away."""

OUTLIER_MM = 2.0
"""Radii that are farther off the curve count in proportion less."""

LARGEST_LOGIT = 6.0
VENTRICLE_LIMIT = -1.0
"""Logit from which on it is ventricle: the best on validation patients among 0, -0.7, -1.2 and -1.8."""

SMALLEST_VENTRICLE_MM2 = 150.0
FARTHEST_OFF_AXIS_MM = 25.0
"""A ventricle whose middle is farther from the middle of the stack's is none."""

THINNEST_WALL_MM = 1.0
CERTAINTY_MM = 3.0
"""How far to both sides of a border it is asked how certain it is."""


@dataclass(frozen=True)
class _Seen:
    """A slice with a ventricle. middle: x and y in pixels. radii, certainty: (2, ANGLES), ventricle and blood pool."""

    at: int
    middle: tuple[float, float]
    radii: Float64
    certainty: Float64


def contours(outlines: Sequence[VentricleOutline | None], planes: Sequence[SlicePlane]) -> list[Contours | None]:
    """The contours on each slice of a stack, None where no ventricle is seen. The order of slices does not matter."""
    seen = [_seen(at, one, planes[at]) for at, one in enumerate(outlines) if one is not None]
    along_normal = _on_axis([one for one in seen if one is not None], planes)
    found: list[Contours | None] = [None] * len(planes)
    if not along_normal:
        return found
    heights = positions_along_normal_mm([planes[one.at] for one in along_normal])
    order = np.argsort(heights, kind="stable")
    along_normal = [along_normal[place] for place in order]
    outer, inner = (
        _fitted(
            np.array([one.radii[which] for one in along_normal]),
            np.array([one.certainty[which] for one in along_normal]),
            np.diff(heights[order]),
        )
        for which in (0, 1)
    )
    inner = np.minimum(inner, outer - THINNEST_WALL_MM)
    for one, epicardium, endocardium in zip(along_normal, outer, inner, strict=True):
        ventricle = _disc(epicardium, one.middle, planes[one.at])
        blood_pool = _disc(endocardium, one.middle, planes[one.at]) & ventricle
        if ventricle.any():
            found[one.at] = {Structure.LEFT_VENTRICLE: ventricle, Structure.BLOOD_POOL: blood_pool}
    return found


def enclosed(contour: Sequence[tuple[float, float]], shape: tuple[int, int]) -> Mask:
    """The pixels (rows, columns) whose centres lie within a closed curve of corner-based points (even-odd rule)."""
    x, y = np.array(contour, dtype=float).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    mask = np.zeros(shape, dtype=bool)
    for row in range(shape[0]):
        centre = row + 0.5
        crosses = (y <= centre) != (next_y <= centre)
        if crosses.any():
            share = (centre - y[crosses]) / (next_y - y)[crosses]
            crossings = np.sort(x[crosses] + share * (next_x - x)[crosses])
            before = np.searchsorted(crossings, np.arange(shape[1]) + 0.5)
            mask[row] = before % 2 == 1
    return mask


def filled(mask: Mask) -> Mask:
    """The largest 8-connected part of a mask without its holes; empty where the mask is."""
    parts = components(mask)
    return without_holes(parts[0]) if parts else mask


def _seen(at: int, outline: VentricleOutline, plane: SlicePlane) -> _Seen | None:
    """The largest part that is likely ventricle, with its borders along rays from its middle."""
    likely = outline.left_ventricle - np.float32(VENTRICLE_LIMIT)
    ventricle = filled(likely > 0)
    if ventricle.sum() * plane.pixel_area_mm2 < SMALLEST_VENTRICLE_MM2:
        return None
    rows, columns = np.nonzero(ventricle)
    middle = (float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)
    borders = [_borders(logits, middle, plane) for logits in (likely, outline.blood_pool)]
    return _Seen(at, middle, np.array([border[0] for border in borders]), np.array([border[1] for border in borders]))


def _on_axis(seen: Sequence[_Seen], planes: Sequence[SlicePlane]) -> list[_Seen]:
    """Those whose middle is near the others': elsewhere something else was taken for a ventricle."""
    if not seen:
        return []
    row_mm, column_mm = planes[0].pixel_spacing_mm
    middles = np.array([one.middle for one in seen]) * (column_mm, row_mm)
    off_axis = np.linalg.norm(middles - np.median(middles, axis=0), axis=1)
    return [one for one, distance in zip(seen, off_axis, strict=True) if distance <= FARTHEST_OFF_AXIS_MM]


def _borders(logits: NDArray[np.float32], middle: tuple[float, float], plane: SlicePlane) -> tuple[Float64, Float64]:
    """Radius (ANGLES,) within which most is inside and beyond which most is outside, and how certain each is.

    Certainty is the mean logit that a radius some millimetres off would cost.
    """
    row_mm, column_mm = plane.pixel_spacing_mm
    radii = np.arange(0, REACH_MM, STEP_MM) + STEP_MM / 2
    angles = _angles()[:, None]
    x, y = middle[0] + np.cos(angles) * radii / column_mm, middle[1] + np.sin(angles) * radii / row_mm
    known = np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
    along = ndimage.map_coordinates(known, [y - 0.5, x - 0.5], order=1, mode="constant", cval=-LARGEST_LOGIT)
    gained = np.pad(np.cumsum(along * radii * STEP_MM, axis=1), ((0, 0), (1, 0)))  # an area grows with its radius
    best = gained.argmax(axis=1)
    edges = np.arange(gained.shape[1]) * STEP_MM
    near = np.abs(edges - edges[best][:, None]) <= CERTAINTY_MM
    lost = gained.max(axis=1, keepdims=True) - gained
    certainty = (lost * near).sum(1) / near.sum(1) / np.maximum(edges[best], CERTAINTY_MM)
    return edges[best], np.sqrt(certainty)


def _fitted(radii: Float64, certainty: Float64, gaps_mm: Float64) -> Float64:
    """Smooth radii (slices, ANGLES) near the given ones. gaps_mm: from each slice to the next (slices - 1,)."""
    waves = np.array([0] + [wave for wave in range(1, ORDER + 1) for _ in "cs"])
    series = _series()
    slices, terms = len(radii), len(waves)
    cost = np.zeros((slices, terms, slices, terms))
    diagonal = np.arange(terms)
    for one in range(slices):
        cost[one, diagonal, one, diagonal] += BENDING * waves**4.0 + 1e-9
    for one, gap_mm in enumerate(gaps_mm):
        pull = CHANGE * (1 + waves) / max(float(gap_mm), 1.0)
        for a, b, sign in ((one, one, 1), (one + 1, one + 1, 1), (one, one + 1, -1), (one + 1, one, -1)):
            cost[a, diagonal, b, diagonal] += sign * pull
    weights, fitted = certainty, radii
    for _ in range(4):
        whole = cost.copy()
        for one in range(slices):
            whole[one, :, one, :] += series.T @ (weights[one][:, None] * series) / ANGLES
        given = (weights * radii) @ series / ANGLES
        found = np.linalg.solve(whole.reshape(slices * terms, -1), given.ravel())
        fitted = found.reshape(slices, terms) @ series.T
        weights = certainty * np.minimum(1, OUTLIER_MM / np.maximum(np.abs(radii - fitted), 1e-6))
    return fitted


def _series() -> Float64:
    """(ANGLES, 1 + 2 ORDER): constant, then cosine and sine of each wave."""
    turns = [wave * _angles() for wave in range(1, ORDER + 1)]
    return np.stack([np.ones(ANGLES), *(part(turn) for turn in turns for part in (np.cos, np.sin))], axis=1)


def _angles() -> Float64:
    return np.arange(ANGLES) * 2 * np.pi / ANGLES


def _disc(radii: Float64, middle: tuple[float, float], plane: SlicePlane) -> Mask:
    """The pixels (rows, columns) whose centres lie within the radii (ANGLES,) about the middle, in one part."""
    row_mm, column_mm = plane.pixel_spacing_mm
    y, x = np.mgrid[: plane.rows, : plane.columns] + 0.5
    across, along = (x - middle[0]) * column_mm, (y - middle[1]) * row_mm
    place = np.mod(np.arctan2(along, across), 2 * np.pi) * ANGLES / (2 * np.pi)
    limits = np.interp(place, np.arange(ANGLES + 1), np.append(radii, radii[0]))
    return filled(np.hypot(across, along) < limits)
