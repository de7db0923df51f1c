"""One acquisition stored in other ways: turned, mirrored or with its slices the other way round. The patient is the
same, and each plane says how its image lies in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from scarmass.domain.geometry import SlicePlane
from scarmass.domain.landmarks import Landmark, Landmarks, Place
from scarmass.domain.masks import Mask
from scarmass.domain.stack import Slice, SliceHeader
from scarmass.domain.structures import Structure
from scarmass.domain.wall import WallSlice
from scarmass.phantom.stack import Phantom
from scarmass.phantom.wall_segments import insertion_points_xy

Way = Callable[[SlicePlane, Mask], tuple[SlicePlane, Mask]]


def as_acquired(plane: SlicePlane, mask: Mask) -> tuple[SlicePlane, Mask]:
    return plane, mask


def mirrored(plane: SlicePlane, mask: Mask) -> tuple[SlicePlane, Mask]:
    """The last column first."""
    first = plane.patient_mm(np.array(plane.columns - 0.5), np.array(0.5))
    along_row = tuple(-each for each in plane.orientation[:3])
    return replace(plane, position_mm=tuple(first), orientation=along_row + plane.orientation[3:]), mask[:, ::-1]


def turned(plane: SlicePlane, mask: Mask) -> tuple[SlicePlane, Mask]:
    """A quarter against the clock: the last column becomes the first row."""
    first = plane.patient_mm(np.array(plane.columns - 0.5), np.array(0.5))
    along_column = tuple(-each for each in plane.orientation[:3])
    return replace(
        plane,
        rows=plane.columns,
        columns=plane.rows,
        position_mm=tuple(first),
        orientation=plane.orientation[3:] + along_column,
        pixel_spacing_mm=plane.pixel_spacing_mm[::-1],
    ), np.rot90(mask)


def wall_of(stack: Phantom, way: Way = as_acquired, masks: Mapping[Structure, Mask] | None = None) -> list[WallSlice]:
    """The phantom's slices with their true contours, apex first."""
    of = stack.masks if masks is None else masks
    slices = []
    for index, plane in enumerate(stack.planes):
        stored, ventricle = way(plane, of[Structure.LEFT_VENTRICLE][index])
        pool, scar = (way(plane, of[each][index])[1] for each in (Structure.BLOOD_POOL, Structure.SCAR))
        one = Slice(_header(stored, f"1.2.{index}"), stack.slice_spacing_mm)
        slices.append(WallSlice(one, ventricle, pool, scar))
    return slices


def landmarks_of(stack: Phantom, index: int) -> Landmarks:
    """Both insertion points, as a reader marks them on that slice."""
    anterior, inferior = (
        Landmark(Place((f"1.2.{index}", 1), x, y), tuple(stack.planes[index].patient_mm(np.array(x), np.array(y))))
        for x, y in insertion_points_xy(stack, index)
    )
    return Landmarks(anterior, inferior)


def _header(plane: SlicePlane, uid: str) -> SliceHeader:
    return SliceHeader(
        uid,
        1,
        "1.2",
        plane.rows,
        plane.columns,
        "int16",
        plane.position_mm,
        plane.orientation,
        plane.pixel_spacing_mm,
        plane.slice_thickness_mm,
    )


def reversed_order(wall: Sequence[WallSlice]) -> list[WallSlice]:
    return list(reversed(wall))
