"""Which segment a place of the wall is of, by its level and its angle (Cerqueira et al., Circulation 2002;105:539).

The septum between the insertion points is halved and the free wall quartered at base and mid; near the apex there are
four segments of a quarter each, the septal one in the middle of the septum.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.geometry import DISTINCT_TOLERANCE_MM, Float64
from scarmass.domain.landmarks import Landmarks, LevelBorder
from scarmass.domain.opening_view import Apex
from scarmass.domain.wall import WallSlice


class Level(StrEnum):
    BASE = "base"
    MID = "mid"
    APICAL = "apical"
    APEX = "apex"


AROUND = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
AROUND_APICAL = ("anterior", "septal", "inferior", "lateral")
NAMES = (
    *(f"basal {each}" for each in AROUND),
    *(f"mid {each}" for each in AROUND),
    *(f"apical {each}" for each in AROUND_APICAL),
    "apex",
)


def side_of(segment: int) -> str:
    """The side of the wall that a segment from 1 to 16 lies on, without its level."""
    return AROUND_APICAL[segment - 13] if segment >= 13 else AROUND[(segment - 1) % 6]


FIRST_OF_LEVEL = {Level.BASE: 1, Level.MID: 7, Level.APICAL: 13, Level.APEX: 17}


def levels_of(wall: Sequence[WallSlice], apex: Apex, landmarks: Landmarks) -> list[Level]:
    """The level of each slice: thirds of the way from base to apex, or as the borders were moved.

    The way goes from the outer face of the first slice to that of the last, each border to the slices whose middle
    lies beyond it.
    """
    towards_apex = wall[0].slice.header.plane.normal * _sense(wall, apex)
    positions = np.array([towards_apex @ one.slice.header.position_mm for one in wall])
    half_mm = np.ptp(positions) / max(len(wall) - 1, 1) / 2
    start, length = positions.min() - half_mm, np.ptp(positions) + 2 * half_mm

    def border(moved: LevelBorder | None, share: float) -> float:
        if moved is not None:
            return float(towards_apex @ np.array(moved.position_mm)) - max(half_mm / 2, DISTINCT_TOLERANCE_MM)
        return start + share * length

    if len(wall) == 1 and landmarks.first_mid is None and landmarks.first_apical is None:
        return [Level.MID]
    mid, apical = border(landmarks.first_mid, 1 / 3), border(landmarks.first_apical, 2 / 3)
    return [Level.APICAL if at >= apical else Level.MID if at >= mid else Level.BASE for at in positions]


def _sense(wall: Sequence[WallSlice], apex: Apex) -> int:
    """+1 where the slices' normal points to the apex, else -1."""
    normal = wall[0].slice.header.plane.normal
    way = normal @ wall[-1].slice.header.position_mm - normal @ wall[0].slice.header.position_mm
    return 1 if (way > 0) == (apex is Apex.LAST) else -1


def borders_of(level: Level, width: float) -> list[tuple[int, float, float]]:
    """(segment, from, to) of each segment of a level: angles from the anterior insertion through a septum so wide."""
    first = FIRST_OF_LEVEL[level]
    if level is Level.APICAL:
        starts = [width / 2 + (number - 1.5) * np.pi / 2 for number in range(4)]
        return [(first + number, start, start + np.pi / 2) for number, start in enumerate(starts)]
    quarter = (2 * np.pi - width) / 4
    ends = [0, width / 2, width, width + quarter, width + 2 * quarter, width + 3 * quarter, 2 * np.pi]
    return [(first + (number + 1) % 6, ends[number], ends[number + 1]) for number in range(6)]


def segments_at(angles: Float64, level: Level, width: float) -> NDArray[np.int_]:
    """The segment (...) at each angle (...)."""
    segments = np.zeros(angles.shape, int)
    for segment, start, end in borders_of(level, width):
        segments[(angles - start) % (2 * np.pi) < end - start] = segment
    return segments
