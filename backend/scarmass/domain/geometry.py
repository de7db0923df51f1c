"""Where slices lie in the patient: planes, their order along the normal, and the extents that mass needs.

Source: DICOM PS3.3 C.7.6.2 (Image Plane Module).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import GeometryInvalid, PositionsNotDistinct, SlicesNotParallel

Float64 = NDArray[np.float64]

ORIENTATION_TOLERANCE = 0.02
"""Largest length of the difference of two unit vectors that still count as one direction (about 1 degree)."""

PARALLEL_TOLERANCE = 2 * ORIENTATION_TOLERANCE
"""The same of the normals of two slices of a stack, where each is within ORIENTATION_TOLERANCE of a third."""

DISTINCT_TOLERANCE_MM = 0.01
"""Positions closer than this are one position."""

SMALLEST_PIXEL_MM = 0.01
LARGEST_LENGTH_MM = 1000.0
"""Bounds of pixel spacing and slice thickness; beyond them a header is wrong, whatever it shows."""

FARTHEST_POSITION_MM = 100_000.0


@dataclass(frozen=True)
class SlicePlane:
    """One slice in patient space. Constructed valid or GeometryInvalid is raised.

    position_mm: ImagePositionPatient (x, y, z) of the first pixel's centre.
    orientation: ImageOrientationPatient, the direction along a row (x grows) and then along a column.
    pixel_spacing_mm: PixelSpacing, (between rows, between columns).
    slice_thickness_mm: SliceThickness, or None where the header does not know it.
    """

    rows: int
    columns: int
    position_mm: tuple[float, float, float]
    orientation: tuple[float, float, float, float, float, float]
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise GeometryInvalid(f"the slice has {self.rows} rows and {self.columns} columns")
        numbers = (*self.position_mm, *self.orientation, *self.pixel_spacing_mm)
        if not np.isfinite(numbers).all():
            raise GeometryInvalid("position, orientation and spacing must be finite numbers")
        if not all(SMALLEST_PIXEL_MM <= spacing <= LARGEST_LENGTH_MM for spacing in self.pixel_spacing_mm):
            raise GeometryInvalid(f"PixelSpacing {self.pixel_spacing_mm} mm is not possible")
        if self.slice_thickness_mm is not None and not 0 < self.slice_thickness_mm <= LARGEST_LENGTH_MM:
            raise GeometryInvalid(f"SliceThickness {self.slice_thickness_mm} mm is not possible")
        if max(map(abs, self.position_mm)) > FARTHEST_POSITION_MM:
            raise GeometryInvalid(f"ImagePositionPatient {self.position_mm} mm is not possible")
        along_row, along_column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
        if max(abs(lengths[0] - 1), abs(lengths[1] - 1), abs(along_row @ along_column)) > 0.01:
            raise GeometryInvalid("ImageOrientationPatient is not a pair of perpendicular unit vectors")

    @property
    def normal(self) -> Float64:
        """Unit vector (3,) across the slice: row direction x column direction."""
        normal = np.cross(self.orientation[:3], self.orientation[3:])
        return normal / np.linalg.norm(normal)

    @property
    def pixel_area_mm2(self) -> float:
        return self.pixel_spacing_mm[0] * self.pixel_spacing_mm[1]

    def patient_mm(self, x: Float64, y: Float64) -> Float64:
        """Where points lie in the patient, (..., 3), by PS3.3 equation C.7.6.2.1-1.

        x, y (...): in corner-based image pixels; the centre of the first pixel is (0.5, 0.5).
        """
        along_row, along_column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        row_mm, column_mm = self.pixel_spacing_mm
        rightwards = (np.asarray(x)[..., None] - 0.5) * column_mm * along_row
        downwards = (np.asarray(y)[..., None] - 0.5) * row_mm * along_column
        return np.array(self.position_mm) + rightwards + downwards

    def image_xy(self, points_mm: Float64) -> tuple[Float64, Float64]:
        """(x, y), each (...), in corner-based image pixels of the plane's points nearest to points (..., 3) in mm."""
        offsets = points_mm - np.array(self.position_mm)
        row_mm, column_mm = self.pixel_spacing_mm
        x = offsets @ np.array(self.orientation[:3]) / column_mm + 0.5
        y = offsets @ np.array(self.orientation[3:]) / row_mm + 0.5
        return x, y


def positions_along_normal_mm(planes: Sequence[SlicePlane]) -> Float64:
    """Signed distance (n,) of each plane from the origin along the first plane's normal, in mm.

    Raises SlicesNotParallel where orientations differ.
    """
    normal = planes[0].normal
    orientations = np.array([plane.orientation for plane in planes])
    normals = np.cross(orientations[:, :3], orientations[:, 3:])
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    if (np.linalg.norm(normals - normal, axis=1) > PARALLEL_TOLERANCE).any():
        raise SlicesNotParallel("the slices of a stack must share one orientation")
    return np.array([np.dot(plane.position_mm, normal) for plane in planes])


def slice_spacings_mm(positions_mm: Sequence[float] | Float64) -> list[float | None]:
    """Extent (n,) in mm that each slice stands for, gap included, from centre positions in stack order.

    Half the distance to each neighbour; an end slice counts its one gap whole, so an even stack of n slices
    sums to n spacings (summation of discs, SCMR post-processing 2020). One slice alone has no spacing: None.
    Raises PositionsNotDistinct where two slices share a position.
    """
    positions = np.asarray(positions_mm, dtype=float)
    if len(positions) < 2:
        return [None] * len(positions)
    gaps = np.abs(np.diff(positions))
    if gaps.min() < DISTINCT_TOLERANCE_MM:
        raise PositionsNotDistinct("two slices of the stack lie at the same position")
    before, after = np.r_[gaps[0], gaps], np.r_[gaps, gaps[-1]]
    return [float(extent) for extent in (before + after) / 2]
