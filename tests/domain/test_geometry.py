"""Planes, order and extents."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.errors import GeometryInvalid, PositionsNotDistinct, SlicesNotParallel
from scarmass.domain.geometry import SlicePlane, positions_along_normal_mm, slice_spacings_mm

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def plane(**changes) -> SlicePlane:
    values = {
        "rows": 4,
        "columns": 5,
        "position_mm": (0.0, 0.0, 0.0),
        "orientation": AXIAL,
        "pixel_spacing_mm": (1.5, 1.2),
        "slice_thickness_mm": 8.0,
    }
    return SlicePlane(**{**values, **changes})  # type: ignore[arg-type]


def test_the_pixel_area_is_row_times_column_spacing() -> None:
    assert plane().pixel_area_mm2 == pytest.approx(1.8)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 0},
        {"pixel_spacing_mm": (0.0, 1.0)},
        {"pixel_spacing_mm": (math.nan, 1.0)},
        {"position_mm": (0.0, math.inf, 0.0)},
        {"slice_thickness_mm": 0.0},
        {"slice_thickness_mm": -8.0},
        {"slice_thickness_mm": math.nan},
        {"slice_thickness_mm": 1e308},
        {"pixel_spacing_mm": (1e300, 1e300)},
        {"pixel_spacing_mm": (1e-320, 1e-320)},
        {"position_mm": (1e308, -1e308, 0.0)},
        {"orientation": (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)},
        {"orientation": (0.0,) * 6},
    ],
)
def test_an_impossible_plane_cannot_be_made(changes: dict) -> None:
    with pytest.raises(GeometryInvalid):
        plane(**changes)


def test_positions_are_measured_along_the_normal_of_an_oblique_stack() -> None:
    angle = math.radians(40)
    oblique = (1.0, 0.0, 0.0, 0.0, math.cos(angle), math.sin(angle))
    normal = np.cross(oblique[:3], oblique[3:])
    planes = [plane(orientation=oblique, position_mm=tuple(7.5 * i * normal + [3, 0, 0])) for i in range(4)]
    steps = np.diff(positions_along_normal_mm(planes))
    assert steps == pytest.approx([7.5, 7.5, 7.5])


def test_slices_that_are_not_parallel_are_refused() -> None:
    tilted = (1.0, 0.0, 0.0, 0.0, math.cos(0.2), math.sin(0.2))
    with pytest.raises(SlicesNotParallel):
        positions_along_normal_mm([plane(), plane(orientation=tilted)])


def test_an_even_stack_counts_every_slice_one_spacing() -> None:
    assert slice_spacings_mm([0, 10, 20, 30]) == [10, 10, 10, 10]


def test_an_uneven_stack_counts_half_of_each_gap_and_the_end_slices_their_one_gap() -> None:
    assert slice_spacings_mm([0, 8, 20]) == [8, 10, 12]


def test_one_slice_alone_has_no_spacing() -> None:
    assert slice_spacings_mm([3.0]) == [None]


def test_two_slices_at_one_position_are_refused() -> None:
    with pytest.raises(PositionsNotDistinct):
        slice_spacings_mm([0, 10, 10])


@given(st.lists(st.floats(0.5, 20), min_size=1, max_size=15), st.floats(-500, 500))
def test_spacings_do_not_depend_on_the_origin_or_on_the_direction(gaps: list[float], origin: float) -> None:
    positions = origin + np.cumsum([0, *gaps])
    forward = slice_spacings_mm(positions)
    assert forward == pytest.approx(slice_spacings_mm(positions - origin))
    assert forward[::-1] == pytest.approx(slice_spacings_mm(positions[::-1]))
