"""The left ventricle's wall on its slices, and the directions in it: around the centre from the anterior insertion of
the right ventricle through the septum, and along it from base to apex.

All of it in patient coordinates, so that it does not matter how an image is stored, turned or mirrored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import LandmarksMissing, LandmarksNotApart
from scarmass.domain.geometry import Float64
from scarmass.domain.landmarks import Landmark, Landmarks
from scarmass.domain.masks import Mask
from scarmass.domain.opening_view import Apex, apex_by_position, apex_by_size
from scarmass.domain.prompts import box_around
from scarmass.domain.stack import Slice

NARROWEST_SEPTUM, WIDEST_SEPTUM = np.radians(30), np.radians(170)
"""Insertion points that lie otherwise do not tell on which side of them the septum is."""

STEPS_PER_PIXEL = 4


@dataclass(frozen=True, eq=False)
class WallSlice:
    """A slice with its contours, bool (rows, columns): the epicardial disc, the blood pool, which may be empty, and the
    scar, None where nobody told it yet, and no-reflow likewise."""

    slice: Slice
    left_ventricle: Mask
    blood_pool: Mask
    scar: Mask | None = None
    no_reflow: Mask | None = None

    @cached_property
    def myocardium(self) -> Mask:
        return self.left_ventricle & ~self.blood_pool

    @cached_property
    def centre_mm(self) -> Float64:
        """The middle (3,) of the epicardial disc in the patient."""
        return self.pixels_mm(self.left_ventricle).mean(0)

    def pixels_mm(self, of: Mask) -> Float64:
        """Where the pixels of a mask lie in the patient (n, 3), in the order of numpy's nonzero."""
        rows, columns = (each.astype(float) for each in np.nonzero(of))
        return self.slice.header.plane.patient_mm(columns + 0.5, rows + 0.5)

    def along(self, directions: Float64, of: Mask) -> tuple[NDArray[np.bool_], Float64]:
        """(samples (n, steps) of a mask along rays from the centre, their distances (steps,) from it in mm).

        directions: unit vectors (n, 3) in the slice's plane.
        """
        plane = self.slice.header.plane
        farthest_mm = np.linalg.norm(self.pixels_mm(self.left_ventricle) - self.centre_mm, axis=-1).max()
        step_mm = min(plane.pixel_spacing_mm) / STEPS_PER_PIXEL
        distances_mm = (np.arange(np.ceil(farthest_mm / step_mm) + STEPS_PER_PIXEL) + 0.5) * step_mm
        x, y = plane.image_xy(self.centre_mm + directions[:, None, :] * distances_mm[:, None])
        column, row = np.floor(x).astype(int), np.floor(y).astype(int)
        is_inside = (row >= 0) & (row < of.shape[0]) & (column >= 0) & (column < of.shape[1])
        return is_inside & of[np.where(is_inside, row, 0), np.where(is_inside, column, 0)], distances_mm


@dataclass(frozen=True, eq=False)
class Septum:
    """The wall between the insertion points: angles about the ventricle's centre run from the anterior one through it.

    first, second: perpendicular unit vectors (3,) in the slices' plane. anterior: the anterior insertion's angle from
    first towards second. turn: +1 where the septum follows it in that sense, -1 where in the other. width: in radians.
    """

    first: Float64
    second: Float64
    anterior: float
    turn: int
    width: float

    def angles(self, offsets_mm: Float64) -> Float64:
        """Angles (...) in 0..2 pi of offsets (..., 3) from the ventricle's centre."""
        around = np.arctan2(offsets_mm @ self.second, offsets_mm @ self.first)
        return (self.turn * (around - self.anterior)) % (2 * np.pi)

    def directions(self, angles: Float64) -> Float64:
        """Unit vectors (n, 3) in the slices' plane at angles (n,)."""
        around = self.anterior + self.turn * angles[:, None]
        return np.cos(around) * self.first + np.sin(around) * self.second

    @property
    def towards_apex(self) -> Float64:
        """Unit vector (3,) from base to apex, as the insertion points tell it: seen from the apex, anterior to inferior
        through the septum runs against the clock."""
        return self.turn * np.cross(self.first, self.second)


def septum_of(wall: Sequence[WallSlice], landmarks: Landmarks) -> Septum:
    """The shorter way around from one insertion point to the other. Raises LandmarksMissing, LandmarksNotApart."""
    anterior, inferior = landmarks.anterior_insertion, landmarks.inferior_insertion
    if anterior is None or inferior is None:
        which = "anterior" if anterior is None else "inferior"
        raise LandmarksMissing(f"the {which} insertion point of the right ventricle is not marked")
    plane = wall[0].slice.header.plane
    first = np.array(plane.orientation[:3])
    second = np.cross(plane.normal, first)
    offsets = [_from_centre_mm(wall, landmark) for landmark in (anterior, inferior)]
    at_anterior, at_inferior = (float(np.arctan2(offset @ second, offset @ first)) for offset in offsets)
    between = (at_inferior - at_anterior + np.pi) % (2 * np.pi) - np.pi
    if not NARROWEST_SEPTUM <= abs(between) <= WIDEST_SEPTUM:
        raise LandmarksNotApart(
            f"the insertion points lie {np.degrees(abs(between)):.0f} degrees apart around the left ventricle's "
            "centre: that does not tell where the septum is"
        )
    return Septum(first, second, at_anterior, 1 if between > 0 else -1, abs(between))


def _from_centre_mm(wall: Sequence[WallSlice], landmark: Landmark) -> Float64:
    """From the ventricle's centre on the contoured slice nearest to it: breath-holds move slices in their plane."""
    normal = wall[0].slice.header.plane.normal
    nearest = min(wall, key=lambda one: abs(normal @ (one.centre_mm - np.array(landmark.position_mm))))
    return np.array(landmark.position_mm) - nearest.centre_mm


@dataclass(frozen=True)
class LongAxis:
    """Which end of a stack is the apex, what told it, and what to say where something else tells otherwise."""

    apex: Apex
    because: str
    doubt: str | None = None


def long_axis(wall: Sequence[WallSlice], septum: Septum) -> LongAxis:
    """By the ventricle's size where it differs enough, else by the orientation of the images, else by the insertion
    points."""
    slices = [one.slice for one in wall]
    way = wall[-1].centre_mm - wall[0].centre_mm
    by_points = Apex.LAST if septum.towards_apex @ way > 0 else Apex.FIRST
    told = {
        "the ventricle's size": apex_by_size([box_around(one.left_ventricle) for one in wall]),
        "the images' orientation in the patient": apex_by_position(slices),
        "how the insertion points lie": by_points,
    }
    because, apex = next((because, apex) for because, apex in told.items() if apex is not None)
    doubt = None
    if apex is not by_points and len(wall) > 1:
        doubt = "The insertion points lie as in a mirror: the two may be exchanged, or the images are mirrored."
    return LongAxis(apex, because, doubt)
