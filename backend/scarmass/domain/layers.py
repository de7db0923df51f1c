"""In which layer of the left ventricle's wall scar lies, by chords from the endocardium to the epicardium."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.domain.geometry import Float64
from scarmass.domain.pattern import Layer
from scarmass.domain.segments17 import CHORDS, LEAST_SHARE
from scarmass.domain.wall import WallSlice

TRANSMURAL_FROM = 0.75
"""A chord is transmural where more of it is scar: the uppermost class of transmurality."""

MOST_CHORDS = 0.5
"""The scar is transmural where at least this part of the chords that hold it are."""

LEAST_OF_INNER_OR_OUTER = 0.4
LEAST_OF_MIDDLE = 0.5
MOST_BESIDE_MIDDLE = 1 / 3
"""Of a scar's length along the chords, in thirds of the wall: scar that is spread evenly has a third in each."""


@dataclass(frozen=True)
class LayersOfScar:
    """How the scar is shared out between the wall's inner, middle and outer third, along chords; together 1.

    transmural: the part of the chords with scar that hold more than TRANSMURAL_FROM of it.
    """

    inner: float
    middle: float
    outer: float
    transmural: float

    @property
    def proposed(self) -> Layer | None:
        """None where no layer stands out."""
        if self.transmural >= MOST_CHORDS:
            return Layer.TRANSMURAL
        if self.middle >= LEAST_OF_MIDDLE and max(self.inner, self.outer) <= MOST_BESIDE_MIDDLE:
            return Layer.MID_WALL
        if max(self.inner, self.outer) < LEAST_OF_INNER_OR_OUTER:
            return None
        return Layer.SUBENDOCARDIAL if self.inner >= self.outer else Layer.EPICARDIAL


def layers_of(wall: Sequence[WallSlice]) -> LayersOfScar | None:
    """Of the scar within the myocardium of a stack's slices; None where no chord holds any."""
    on_chords = [_thirds(one) for one in wall if one.scar is not None and (one.scar & one.myocardium).any()]
    if not on_chords:
        return None
    thirds = np.concatenate(on_chords)
    thirds = thirds[thirds.sum(1) >= LEAST_SHARE]
    if not len(thirds):
        return None
    inner, middle, outer = (float(each) for each in thirds.sum(0) / thirds.sum())
    return LayersOfScar(inner, middle, outer, float((thirds.sum(1) > TRANSMURAL_FROM).mean()))


def _thirds(one: WallSlice) -> Float64:
    """(n, 3): of each chord through the wall, the share of it that is scar in its inner, middle and outer third."""
    assert one.scar is not None
    plane = one.slice.header.plane
    first = np.array(plane.orientation[:3])
    angles = (np.arange(CHORDS)[:, None] + 0.5) / CHORDS * 2 * np.pi
    directions = np.cos(angles) * first + np.sin(angles) * np.cross(plane.normal, first)
    walls, _ = one.along(directions, one.myocardium)
    scars, _ = one.along(directions, one.scar & one.myocardium)
    walls, scars = walls[walls.any(1)], scars[walls.any(1)]
    thickness = walls.sum(1, keepdims=True)
    depth = (walls.cumsum(1) - 0.5) / thickness
    third = np.minimum((3 * depth).astype(int), 2)
    return np.stack([(scars & (third == each)).sum(1) / thickness[:, 0] for each in range(3)], axis=1)
