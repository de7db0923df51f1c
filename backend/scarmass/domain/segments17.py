"""Where scar lies: the 17 segments of the left ventricle's wall (Cerqueira et al., Circulation 2002;105:539).

Of a short-axis stack the 16 segments of its three levels are told; the apex (17) needs a long-axis image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scarmass.domain.aha_model import FIRST_OF_LEVEL, NAMES, Level, borders_of, levels_of, segments_at
from scarmass.domain.errors import ContoursMissing
from scarmass.domain.geometry import Float64
from scarmass.domain.landmarks import Landmarks
from scarmass.domain.mass import Mass, SliceArea, slice_mass, total_mass
from scarmass.domain.stack import SliceKey
from scarmass.domain.wall import LongAxis, Septum, WallSlice, long_axis, septum_of

CHORDS = 240
"""So many rays a slice, from the ventricle's centre; each one's part within the wall is a chord."""

LEAST_SHARE = 0.05
"""A chord holds scar from this share of it on: less is the corner of a pixel."""

LEAST_EXTENT = 0.05
"""A segment has a transmurality where at least this part of its chords holds scar: less is a neighbour's scar that
reaches over the border."""

OUTLINE_POINTS = 13
NO_CONTOURS = "no slice has the contours of both the left ventricle and its blood pool"


TRANSMURALITY_CLASSES = ((0, "0"), (25, "1-25"), (50, "26-50"), (75, "51-75"), (100, "76-100"))
"""(up to this many percent, class), as Kim et al., N Engl J Med 2000;343:1445."""


class Viability(StrEnum):
    """How likely a segment that contracts poorly will do better once its artery is open again, by its transmurality.

    Of such segments 78, 60, 42, 10 and 2 % did in classes 0, 1-25, 26-50, 51-75 and 76-100 (Kim et al., N Engl J Med
    2000;343:1445).
    """

    LIKELY = "likely"
    INTERMEDIATE = "intermediate"
    UNLIKELY = "unlikely"


VIABILITY = {
    "0": Viability.LIKELY,
    "1-25": Viability.LIKELY,
    "26-50": Viability.INTERMEDIATE,
    "51-75": Viability.UNLIKELY,
    "76-100": Viability.UNLIKELY,
}
"""By class of transmurality."""


@dataclass(frozen=True, eq=False)
class Sector:
    """A segment on one slice. outline: corner-based image pixels (n, 2). no_reflow_mm2: 0 where none is outlined."""

    slice: SliceKey
    myocardium_mm2: float
    area_mm2: float
    outline: Float64
    no_reflow_mm2: float = 0.0


@dataclass(frozen=True, eq=False)
class AhaSegment:
    """One of the 17. Figures are None where it was not assessed: no slice of it has contours and a scar that is told.

    area_mm2, mass: of scar within the myocardium, summed over the slices; percent_scar: its part of the myocardium.
    transmurality: mean percent of the wall's thickness that is scar, over the chords that hold scar; 0 where hardly any
    does. percent_extent: how many of its chords do. no_reflow_mass: 0 where none is outlined.
    """

    segment: int
    level: Level
    area_mm2: float | None = None
    mass: Mass | None = None
    myocardium_area_mm2: float | None = None
    myocardium_mass: Mass | None = None
    percent_scar: float | None = None
    percent_extent: float | None = None
    transmurality: float | None = None
    sectors: tuple[Sector, ...] = ()
    no_reflow_mass: Mass | None = None

    @property
    def name(self) -> str:
        return NAMES[self.segment - 1]

    @property
    def is_assessed(self) -> bool:
        return self.percent_scar is not None

    @property
    def transmurality_class(self) -> str | None:
        return None if self.transmurality is None else percent_class(self.transmurality)

    @property
    def viability(self) -> Viability | None:
        return None if self.transmurality_class is None else VIABILITY[self.transmurality_class]


@dataclass(frozen=True, eq=False)
class Segments17:
    """The 17 segments in order. levels: of the slices with contours. untold: those of them whose scar nobody told.

    outside_mm2: scar on the assessed slices that lies beyond the myocardium and counts in no segment.
    """

    segments: tuple[AhaSegment, ...]
    levels: dict[SliceKey, Level]
    long_axis: LongAxis
    untold: tuple[SliceKey, ...]
    outside_mm2: float


def percent_class(percent: float) -> str:
    """The class of a percentage, of transmurality or of scar."""
    if percent <= 0:
        return TRANSMURALITY_CLASSES[0][1]
    return next(name for most, name in TRANSMURALITY_CLASSES[1:] if percent <= most + 1e-9 or most == 100)


def segments17(wall: Sequence[WallSlice], landmarks: Landmarks, density_g_per_ml: float) -> Segments17:
    """The segments of a stack's slices with contours, in stack order.

    Raises ContoursMissing, LandmarksMissing, LandmarksNotApart.
    """
    wall = [one for one in wall if one.myocardium.any()]
    if not wall:
        raise ContoursMissing(NO_CONTOURS)
    septum = septum_of(wall, landmarks)
    axis = long_axis(wall, septum)
    levels = levels_of(wall, axis.apex, landmarks)
    told = [(one, level) for one, level in zip(wall, levels, strict=True) if one.scar is not None]
    measured = [_measured(one, level, septum) for one, level in told]
    return Segments17(
        tuple(_segment(number, measured, density_g_per_ml) for number in range(1, 18)),
        {one.slice.key: level for one, level in zip(wall, levels, strict=True)},
        axis,
        tuple(one.slice.key for one in wall if one.scar is None),
        sum(each.outside_mm2 for each in measured),
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """What one slice gives to its level's segments: by segment its sector, and the shares of its chords."""

    wall: WallSlice
    sectors: dict[int, Sector]
    shares: dict[int, Float64]
    outside_mm2: float


def _measured(one: WallSlice, level: Level, septum: Septum) -> _Measured:
    assert one.scar is not None
    plane = one.slice.header.plane
    angles = septum.angles(one.pixels_mm(one.myocardium) - one.centre_mm)
    segments, is_scar = segments_at(angles, level, septum.width), one.scar[one.myocardium]
    is_dark = np.zeros_like(is_scar) if one.no_reflow is None else one.no_reflow[one.myocardium]
    shares, at = _chord_shares(one, septum)
    of_chords = segments_at(at, level, septum.width)
    sectors = {
        segment: Sector(
            one.slice.key,
            float((segments == segment).sum() * plane.pixel_area_mm2),
            float(is_scar[segments == segment].sum() * plane.pixel_area_mm2),
            _outline(one, septum, start, end),
            float(is_dark[segments == segment].sum() * plane.pixel_area_mm2),
        )
        for segment, start, end in borders_of(level, septum.width)
        if (segments == segment).any()
    }
    outside_mm2 = float((one.scar & ~one.myocardium).sum() * plane.pixel_area_mm2)
    return _Measured(one, sectors, {segment: shares[of_chords == segment] for segment in sectors}, outside_mm2)


def _chord_shares(one: WallSlice, septum: Septum) -> tuple[Float64, Float64]:
    """(share of scar, angle), each (n,), of the chords that meet the wall."""
    assert one.scar is not None
    angles = (np.arange(CHORDS) + 0.5) / CHORDS * 2 * np.pi
    directions = septum.directions(angles)
    walls, _ = one.along(directions, one.myocardium)
    scars, _ = one.along(directions, one.scar & one.myocardium)
    thickness = walls.sum(1)
    return scars.sum(1)[thickness > 0] / thickness[thickness > 0], angles[thickness > 0]


def _outline(one: WallSlice, septum: Septum, start: float, end: float) -> Float64:
    """Around the wall between two angles: (n, 2) corner-based image pixels, empty where there is no wall."""
    directions = septum.directions(np.linspace(start, end, OUTLINE_POINTS))
    walls, distances_mm = one.along(directions, one.myocardium)
    directions, walls = directions[walls.any(1)], walls[walls.any(1)]
    inner = distances_mm[walls.argmax(1)]
    outer = distances_mm[walls.shape[1] - 1 - walls[:, ::-1].argmax(1)]
    around = np.concatenate([directions * outer[:, None], (directions * inner[:, None])[::-1]])
    return np.stack(one.slice.header.plane.image_xy(one.centre_mm + around), axis=-1)


def _segment(number: int, measured: Sequence[_Measured], density_g_per_ml: float) -> AhaSegment:
    level = next(level for level, first in reversed(FIRST_OF_LEVEL.items()) if number >= first)
    found = [(one.wall, one.sectors[number], one.shares[number]) for one in measured if number in one.sectors]
    if not found:
        return AhaSegment(number, level)
    sectors = tuple(sector for _, sector, _ in found)
    shares = np.concatenate([share for _, _, share in found])
    holding = shares[shares >= LEAST_SHARE]
    extent = holding.size / max(shares.size, 1)
    area_mm2 = sum(sector.area_mm2 for sector in sectors)
    myocardium_mm2 = sum(sector.myocardium_mm2 for sector in sectors)

    def mass(areas_mm2: Sequence[float]) -> Mass:
        slices = [
            SliceArea(area, wall.slice.slice_thickness_mm, wall.slice.slice_spacing_mm)
            for (wall, _, _), area in zip(found, areas_mm2, strict=True)
        ]
        return total_mass([slice_mass(one, density_g_per_ml) for one in slices])

    return AhaSegment(
        number,
        level,
        area_mm2,
        mass([sector.area_mm2 for sector in sectors]),
        myocardium_mm2,
        mass([sector.myocardium_mm2 for sector in sectors]),
        100 * area_mm2 / myocardium_mm2,
        100 * extent,
        100 * float(holding.mean()) if extent >= LEAST_EXTENT else 0.0,
        sectors,
        mass([sector.no_reflow_mm2 for sector in sectors]),
    )
