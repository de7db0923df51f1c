"""Where a frame of a segmentation lies on a stack: by its plane in the patient, whatever it says it was drawn on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum

import numpy as np

from scarmass.domain.geometry import ORIENTATION_TOLERANCE, SlicePlane
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Slice, SliceKey
from scarmass.imaging.seg.frames import Frame, Sources

PLANE_TOLERANCE_MM = 0.5
"""A frame lies on a slice where their planes are parallel and no farther apart than this at the slice's middle."""

GRID_TOLERANCE = 0.1
"""Pixels that two grids may be apart anywhere on the slice and still be one grid."""


class Grid(Enum):
    """How a frame's pixels lie to those of its slice."""

    SAME = "same"
    TURNED = "turned"
    OTHER = "other"


def grid_of(frame: SlicePlane, onto: SlicePlane) -> Grid:
    """How the pixels of two parallel planes lie to each other; the map is affine, so the corners tell of all pixels."""
    own = np.array([[x + 0.5, y + 0.5] for y in (0, onto.rows - 1) for x in (0, onto.columns - 1)])
    corners = np.stack(frame.image_xy(onto.patient_mm(own[:, 0], own[:, 1])), axis=-1)
    if np.abs(corners - np.round(corners - 0.5) - 0.5).max() > GRID_TOLERANCE:
        return Grid.OTHER
    if (frame.rows, frame.columns) == (onto.rows, onto.columns) and np.abs(corners - own).max() <= GRID_TOLERANCE:
        return Grid.SAME
    # Corners on centres of pixels may still be those of a grid that is finer or coarser by a whole number.
    ratios = np.sort(frame.pixel_spacing_mm) / np.sort(onto.pixel_spacing_mm)
    return Grid.TURNED if np.abs(ratios - 1).max() * max(onto.rows, onto.columns) <= 2 * GRID_TOLERANCE else Grid.OTHER


def resampled(mask: Mask, frame: SlicePlane, onto: SlicePlane) -> Mask:
    """A frame's mask on the slice's pixels (rows, columns): each has the frame's pixel that its centre lies in."""
    y, x = np.indices((onto.rows, onto.columns)).astype(np.float64) + 0.5
    at_x, at_y = frame.image_xy(onto.patient_mm(x, y))
    column, row = np.floor(at_x).astype(np.int64), np.floor(at_y).astype(np.int64)
    is_inside = (column >= 0) & (column < frame.columns) & (row >= 0) & (row < frame.rows)
    return is_inside & mask[np.where(is_inside, row, 0), np.where(is_inside, column, 0)]


class Placement:
    """Masks by slice and segment as frames are put on the slices of a stack, and what is to be said of it."""

    def __init__(self, slices: Sequence[Slice], frame_of_reference_uid: str) -> None:
        self._slices = slices
        self._space = frame_of_reference_uid
        self.masks: dict[tuple[SliceKey, int], Mask] = {}
        self._counts: Counter[str] = Counter()
        self._nearest_mm = np.inf
        self._uids = {one.header.sop_instance_uid for one in slices}
        self._drawn: set[tuple[SliceKey, int]] = set()

    def add(self, frame: Frame) -> None:
        """Put a frame on the slice that it lies on; one that lies on none is counted."""
        one = self._slice_of(frame.plane, frame.sources, bool(frame.mask.any()), frame.mask.shape)
        if one is None:
            return
        if frame.plane is None:
            self._counts["unplaced"] += 1
            self.put(one, frame.segment, frame.mask)
            return
        plane = one.header.plane
        grid = grid_of(frame.plane, plane)
        if grid is Grid.SAME:
            self.put(one, frame.segment, frame.mask)
            return
        self._counts[grid.value] += 1
        self._count_outside(frame.mask, frame.plane, plane)
        self.put(one, frame.segment, resampled(frame.mask, frame.plane, plane))

    def put(self, one: Slice, segment: int, mask: Mask) -> None:
        at = one.key, segment
        if at in self._drawn:
            self._counts["again"] += 1
        self._drawn.add(at)
        self.masks[at] = self.masks[at] | mask if at in self.masks else mask

    def slice_named(self, sources: Sources) -> Slice | None:
        named = [one for one in self._slices if sources.name(one.key)]
        return named[0] if len(named) == 1 else None

    def slice_at(self, distances_mm: Mapping[SliceKey, float], sources: Sources, is_drawn: bool) -> Slice | None:
        """The slice on whose plane something lies, by its distance from the planes of the slices that are parallel.

        Of several that are near enough the one that it names, else the nearest.
        """
        near = [one for one in self._slices if distances_mm.get(one.key, np.inf) <= PLANE_TOLERANCE_MM]
        if not near:
            if is_drawn:
                self._counts["off" if distances_mm else "oblique"] += 1
                self._nearest_mm = min(self._nearest_mm, *distances_mm.values(), np.inf)
            return None
        named = [one for one in near if sources.name(one.key)]
        one = min(named or near, key=lambda each: distances_mm[each.key])
        space = one.header.frame_of_reference_uid
        if not named and self._space and space and self._space != space:
            self._counts["space"] += is_drawn
            return None
        if not named and sources.images:
            of_stack = any(uid in self._uids for uid, _ in sources.images)
            self._counts["contradicted" if of_stack else "elsewhere"] += 1
        return one

    def _slice_of(
        self, plane: SlicePlane | None, sources: Sources, is_drawn: bool, shape: tuple[int, ...]
    ) -> Slice | None:
        if plane is None:
            one = self.slice_named(sources)
            if one is None or one.shape != shape:
                self._counts["nowhere"] += is_drawn
                return None
            return one
        return self.slice_at(distances_mm(plane, self._slices), sources, is_drawn)

    def _count_outside(self, mask: Mask, plane: SlicePlane, onto: SlicePlane) -> None:
        y, x = np.argwhere(mask).T.astype(np.float64) + 0.5
        x, y = onto.image_xy(plane.patient_mm(x, y))
        self._counts["outside"] += int(((x < 0) | (x > onto.columns) | (y < 0) | (y > onto.rows)).sum())

    def warnings(self, what: str = "frames") -> tuple[str, ...]:
        """What is to be said of the whole, in words. what: frames or contours."""
        nearest = f" (the nearest is {self._nearest_mm:.1f} mm away)" if np.isfinite(self._nearest_mm) else ""
        said = {
            "contradicted": "that name another slice than the one that they lie on, taken by where they lie",
            "elsewhere": "that name images of another stack than the one that they lie on, taken by where they lie",
            "unplaced": "that do not say where they lie, taken by the slice that they name",
            "nowhere": "that say neither where they lie nor a slice of their size, left out",
            "space": "in another frame of reference that name no slice of the stack, left out",
            "oblique": "parallel to no slice of the stack, left out",
            "off": f"that lie on no slice of the stack{nearest}, left out",
            "turned": "flipped, turned or shifted against their slice, read by where each pixel lies",
            "other": "with pixels of another size or place than their slice, of which each pixel has the nearest one",
            "again": "of a segment and slice that others show too, all of which count",
        }
        parts = [f"{what} {words}: {self._counts[name]}" for name, words in said.items() if self._counts[name]]
        if self._counts["outside"]:
            parts.append(f"drawn pixels beyond the edge of their slice, left out: {self._counts['outside']}")
        return tuple(parts)


def distances_mm(plane: SlicePlane, slices: Sequence[Slice]) -> dict[SliceKey, float]:
    """How far the plane is from the middle of each slice that is parallel to it, on either side."""
    found: dict[SliceKey, float] = {}
    for one in slices:
        own = one.header.plane
        if np.linalg.norm(np.cross(plane.normal, own.normal)) <= ORIENTATION_TOLERANCE:
            middle = own.patient_mm(np.array(own.columns / 2), np.array(own.rows / 2))
            found[one.key] = float(abs((middle - np.array(plane.position_mm)) @ plane.normal))
    return found
