"""Grams, worked out by hand."""

from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scarmass.domain.mass import Mass, MassExtent, Quantity, SliceArea, slice_mass, total_mass

lengths = st.floats(0.1, 50)


def test_one_slice_by_hand() -> None:
    mass = slice_mass(SliceArea(area_mm2=200, slice_thickness_mm=8, slice_spacing_mm=10))
    assert mass.by_slice_thickness is not None
    assert astuple(mass.by_slice_thickness) == pytest.approx((1.6, 1.68))
    assert mass.by_slice_spacing is not None
    assert astuple(mass.by_slice_spacing) == pytest.approx((2.0, 2.1))


def test_a_missing_thickness_leaves_its_column_absent_and_the_other_there() -> None:
    known, unknown = SliceArea(100, 8, 10), SliceArea(100, None, 10)
    total = total_mass([slice_mass(known), slice_mass(unknown)])
    assert total.by_slice_thickness is None
    assert total.by_slice_spacing is not None
    assert astuple(total.by_slice_spacing) == pytest.approx((2.0, 2.1))
    assert total.by(MassExtent.SLICE_THICKNESS) is None


def test_no_slices_weigh_nothing() -> None:
    assert total_mass([]) == Mass(Quantity(0, 0), Quantity(0, 0))


@given(st.lists(st.tuples(st.floats(0, 5000), lengths, lengths), max_size=12), st.floats(0.6, 1.9))
def test_mass_is_additive_and_proportional_to_density(slices: list[tuple], density: float) -> None:
    areas = [SliceArea(*values) for values in slices]
    total = total_mass([slice_mass(area, density) for area in areas])
    halves = (
        total_mass([slice_mass(a, density) for a in areas[::2]]),
        total_mass([slice_mass(a, density) for a in areas[1::2]]),
    )
    assert total.by_slice_spacing is not None
    parts = [half.by_slice_spacing.mass_g for half in halves if half.by_slice_spacing]
    assert total.by_slice_spacing.mass_g == pytest.approx(sum(parts))
    assert total.by_slice_spacing.mass_g == pytest.approx(total.by_slice_spacing.volume_ml * density)
