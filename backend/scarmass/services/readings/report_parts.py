"""The parts of a report that rest on the ventricle's contours: its mass, its segments, and the methods compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scarmass.domain.errors import Conflict, FileDamaged, PixelsUndecodable
from scarmass.domain.landmarks import Landmarks
from scarmass.domain.mass import Mass, MassExtent
from scarmass.domain.reading import Reading
from scarmass.domain.segments17 import AhaSegment, segments17
from scarmass.domain.stack import Contrast
from scarmass.domain.structures import CONTOURED, Structure
from scarmass.domain.wall import WallSlice
from scarmass.services.context import Context
from scarmass.services.readings.methods import ByMethod, measured_by_methods
from scarmass.services.readings.myocardium import Myocardium

MOST_PIXELS = 32 * 512 * 512
"""Of the slices that methods are compared on: a report is waited for, and this many take some seconds."""


@dataclass(frozen=True)
class Percent:
    """Of the LGE myocardial mass, by each extent; None where it is not known."""

    by_slice_thickness: float | None
    by_slice_spacing: float | None

    def by(self, extent: MassExtent) -> float | None:
        return self.by_slice_thickness if extent is MassExtent.SLICE_THICKNESS else self.by_slice_spacing


@dataclass(frozen=True)
class LeftVentricle:
    """Its LGE myocardial mass, and how much of it scar and no-reflow are."""

    mass: Mass
    scar: Percent
    no_reflow: Percent


def left_ventricle(myocardium: Myocardium) -> LeftVentricle | None:
    """None where no slice has both contours."""
    if not any(myocardium.mass.by(extent) for extent in MassExtent):
        return None

    def percent(structure: Structure) -> Percent:
        return Percent(*(myocardium.percents.get(structure, {}).get(extent) for extent in MassExtent))

    return LeftVentricle(myocardium.mass, percent(Structure.SCAR), percent(Structure.NO_REFLOW))


def segments_of_wall(
    wall: Sequence[WallSlice], landmarks: Landmarks, density_g_per_ml: float
) -> tuple[AhaSegment, ...] | None:
    """None where contours or insertion points are missing."""
    try:
        return segments17(wall, landmarks, density_g_per_ml).segments
    except Conflict:
        return None


class NotCompared(StrEnum):
    """Why no method stands beside the reading."""

    NO_CONTOURS = "no_contours"
    NO_IMAGES = "no_images"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class MethodsCompared:
    """because: None where methods were measured."""

    methods: tuple[ByMethod, ...] = ()
    because: NotCompared | None = None


def methods_compared(context: Context, reading: Reading, contrast: Contrast) -> MethodsCompared:
    """The standard methods beside a reading, where that is no long wait."""
    outlined = [reading.masks(structure).keys() for structure in CONTOURED]
    slices = [one for one in reading.slices if all(one.key in keys for keys in outlined)]
    if not slices:
        return MethodsCompared(because=NotCompared.NO_CONTOURS)
    if sum(one.shape[0] * one.shape[1] for one in slices) > MOST_PIXELS:
        return MethodsCompared(because=NotCompared.TOO_LARGE)
    try:
        return MethodsCompared(measured_by_methods(context, reading, contrast))
    except (OSError, FileDamaged, PixelsUndecodable):
        return MethodsCompared(because=NotCompared.NO_IMAGES)
