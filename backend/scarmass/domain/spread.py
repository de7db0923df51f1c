"""How unsure a scar's mass is: how far it moves when outlines are drawn otherwise and boxes lie a little elsewhere.

The spread of a slice is the root of a sum of two squares. By sensitivity: half the difference between its areas at one
step more and one step less. By boxes: the standard deviation of its areas in jittered boxes. Over slices the first
adds up, as it moves all outlines the same way; the second adds in quadrature, as it moves each slice on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from scarmass.domain.mass import Mass, quantity
from scarmass.domain.prompts import Box
from scarmass.domain.reading import DECIDED_STATES, HAND_MADE, SliceContent, SliceState
from scarmass.domain.stack import Slice, SliceKey

STEP = 1.0
"""So much more, and so much less, sensitivity."""

JITTERS = 4
"""So many sets of boxes are asked about beside the slice's own."""

JITTER = 0.075
"""Each edge of a box moves by up to this fraction of the box's length on its axis, to either side."""

LEAST_G, LEAST_SHARE = 0.1, 0.1
"""A slice is worth checking first where its spread is at least so many grams, and this share of its own mass."""

MOST_TO_CHECK = 3


@dataclass(frozen=True)
class Spread:
    """In mm2 of a slice, in mm3 of slices that stand for an extent."""

    by_sensitivity: float = 0.0
    by_boxes: float = 0.0

    @property
    def whole(self) -> float:
        return hypot(self.by_sensitivity, self.by_boxes)

    def over(self, extent_mm: float) -> "Spread":
        return Spread(self.by_sensitivity * extent_mm, self.by_boxes * extent_mm)


def spread_of_areas(less_mm2: float, more_mm2: float, jittered_mm2: Sequence[float]) -> Spread:
    """Of a slice with these areas at less and at more sensitivity, and in jittered boxes."""
    return Spread(abs(more_mm2 - less_mm2) / 2, float(np.std(jittered_mm2)) if jittered_mm2 else 0.0)


def together(spreads: Sequence[Spread]) -> Spread:
    return Spread(sum(one.by_sensitivity for one in spreads), sqrt(sum(one.by_boxes**2 for one in spreads)))


def spread_mass(slices: Sequence[tuple[Slice, Spread]], density_g_per_ml: float) -> Mass:
    """The spread of these slices' mass together, from that of each one's area; an extent that any lacks is absent."""

    def by(extents_mm: Sequence[float | None]) -> float | None:
        known = [each for each in extents_mm if each is not None]
        if len(known) < len(slices):
            return None
        return together([spread.over(extent) for (_, spread), extent in zip(slices, known, strict=True)]).whole

    thickness_mm3 = by([one.slice_thickness_mm for one, _ in slices])
    spacing_mm3 = by([one.slice_spacing_mm for one, _ in slices])
    return Mass(quantity(1.0, thickness_mm3, density_g_per_ml), quantity(1.0, spacing_mm3, density_g_per_ml))


def jittered(boxes: Sequence[Box], shape: tuple[int, ...]) -> list[tuple[Box, ...]]:
    """JITTERS sets of these boxes on an image of that shape, the same ones at every call."""
    if not boxes:
        return []
    moves = np.random.default_rng(0).uniform(-JITTER, JITTER, (JITTERS, len(boxes), 4))
    return [tuple(box.loosened(move, shape) for box, move in zip(boxes, each, strict=True)) for each in moves]


def is_drawn_by_model(content: SliceContent) -> bool:
    """Whether a model drew the scar that counts on a slice: what a reader painted or decided against is not unsure."""
    scar = content.scar
    if scar is None or content.state in (SliceState.NO_SCAR, SliceState.EXCLUDED) or scar.origin in HAND_MADE:
        return False
    return bool(scar.boxes or scar.points)


@dataclass(frozen=True)
class Unsure:
    """A slice with its state, its spread and its own mass."""

    key: SliceKey
    state: SliceState
    spread_g: float
    mass_g: float


def check_first(slices: Sequence[Unsure]) -> tuple[SliceKey, ...]:
    """Which of these slices are worth a reader's look before the others: undecided ones, the most unsure first."""
    worth = [
        one
        for one in slices
        if one.state not in DECIDED_STATES and one.spread_g >= max(LEAST_G, LEAST_SHARE * one.mass_g)
    ]
    worth.sort(key=lambda one: one.spread_g, reverse=True)
    return tuple(one.key for one in worth[:MOST_TO_CHECK])
