"""Where the right ventricle meets the left one, as a reader marks it: two points that orient the wall's segments."""

from dataclasses import dataclass

from scarmass.domain.stack import SliceKey

Position = tuple[float, float, float]


@dataclass(frozen=True)
class Place:
    """A point of a slice, in corner-based image pixels."""

    slice: SliceKey
    x: float
    y: float


@dataclass(frozen=True)
class Landmark:
    """A place with where it lies in the patient, which stays where it is when the slice's image is exchanged."""

    place: Place
    position_mm: Position


@dataclass(frozen=True)
class LevelBorder:
    """The first slice of a level, counted from the base. position_mm: of the slice in the patient."""

    slice: SliceKey
    position_mm: Position


@dataclass(frozen=True)
class Landmarks:
    """What a reading holds of them; None is what nobody marked.

    anterior_insertion, inferior_insertion: of the right ventricle into the septum. first_mid, first_apical: where a
    reader moved the borders of the levels.
    """

    anterior_insertion: Landmark | None = None
    inferior_insertion: Landmark | None = None
    first_mid: LevelBorder | None = None
    first_apical: LevelBorder | None = None
