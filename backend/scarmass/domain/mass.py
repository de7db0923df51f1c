"""Grams from masks: mass_g = sum over slices of area_mm2 x extent_mm x 0.001 x density.

Two extents are always computed with equal rank: by_slice_thickness (as published) and by_slice_spacing
(summation of discs, gap included). Density 1.05 g/mL: Vinnakota and Bassingthwaighte,
Am J Physiol Heart Circ Physiol 2004;286:H1742 (myocardium, rounded as in the SCMR recommendations).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MYOCARDIAL_DENSITY_G_PER_ML = 1.05
ML_PER_MM3 = 0.001

OVERLAP_TOLERANCE = 0.01
"""Slices thicker than their spacing by more than this part of it overlap."""


class MassExtent(StrEnum):
    SLICE_THICKNESS = "slice_thickness"
    SLICE_SPACING = "slice_spacing"


@dataclass(frozen=True)
class Quantity:
    volume_ml: float
    mass_g: float


@dataclass(frozen=True)
class Mass:
    """Volume and mass by each extent; None where the geometry does not know that extent."""

    by_slice_thickness: Quantity | None
    by_slice_spacing: Quantity | None

    def by(self, extent: MassExtent) -> Quantity | None:
        return self.by_slice_thickness if extent is MassExtent.SLICE_THICKNESS else self.by_slice_spacing


@dataclass(frozen=True)
class SliceArea:
    """One slice's segmented area with the extents it stands for, in mm2 and mm."""

    area_mm2: float
    slice_thickness_mm: float | None
    slice_spacing_mm: float | None


def quantity(area_mm2: float, extent_mm: float | None, density_g_per_ml: float) -> Quantity | None:
    if extent_mm is None:
        return None
    volume_ml = area_mm2 * extent_mm * ML_PER_MM3
    return Quantity(volume_ml, volume_ml * density_g_per_ml)


def slice_mass(slice_area: SliceArea, density_g_per_ml: float = MYOCARDIAL_DENSITY_G_PER_ML) -> Mass:
    """Mass of one slice by both extents."""
    return Mass(
        quantity(slice_area.area_mm2, slice_area.slice_thickness_mm, density_g_per_ml),
        quantity(slice_area.area_mm2, slice_area.slice_spacing_mm, density_g_per_ml),
    )


def total_mass(slices: Sequence[Mass]) -> Mass:
    """Sum over slices; an extent that any slice lacks is absent from the total (a part would pass for the whole)."""
    return Mass(
        _sum([s.by_slice_thickness for s in slices]),
        _sum([s.by_slice_spacing for s in slices]),
    )


def _sum(quantities: Sequence[Quantity | None]) -> Quantity | None:
    known = [q for q in quantities if q is not None]
    if len(known) != len(quantities):
        return None
    return Quantity(sum(q.volume_ml for q in known), sum(q.mass_g for q in known))
