"""What a reader draws: boxes and points in corner-based image pixels, and which point belongs to which box."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from scarmass.domain.errors import PromptInvalid, PromptOutsideImage
from scarmass.domain.masks import Mask
from scarmass.domain.structures import Structure


@dataclass(frozen=True)
class Box:
    """x0 < x1 run along columns, y0 < y1 along rows; the first pixel spans 0 to 1. Raises PromptInvalid."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not all(isfinite(n) for n in (self.x0, self.y0, self.x1, self.y1)):
            raise PromptInvalid("a box has four finite numbers")
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise PromptInvalid("a box needs x0 < x1 and y0 < y1")

    @property
    def area(self) -> float:
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def loosened(self, outwards: float | NDArray[np.floating], shape: tuple[int, ...]) -> "Box":
        """The box with its four sides (left, top, right, bottom) moved outwards by fractions of its length on their
        axis, cut off at an image of that shape (rows, columns)."""
        width, height = self.x1 - self.x0, self.y1 - self.y0
        left, top, right, bottom = np.broadcast_to(outwards, 4) * (width, height, width, height)
        rows, columns = shape
        return Box(
            float(max(self.x0 - left, 0)),
            float(max(self.y0 - top, 0)),
            float(min(self.x1 + right, columns)),
            float(min(self.y1 + bottom, rows)),
        )

    def contains(self, point: "Point") -> bool:
        return self.x0 <= point.x <= self.x1 and self.y0 <= point.y <= self.y1


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    positive: bool

    def __post_init__(self) -> None:
        if not (isfinite(self.x) and isfinite(self.y)):
            raise PromptInvalid("a point has two finite numbers")


@dataclass(frozen=True)
class Prompt:
    """All that was drawn on one slice for one structure.

    sensitivity: how generously the outline is drawn; 0 is the model's own limit, +4 counts every logit above -4.
    """

    structure: Structure = Structure.SCAR
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    previous: Mask | None = None
    sensitivity: float = 0.0

    def require_inside(self, rows: int, columns: int) -> None:
        """Raise PromptOutsideImage where a box or point leaves the slice's rows x columns pixels."""
        corners = [c for b in self.boxes for c in ((b.x0, b.y0), (b.x1, b.y1))]
        for x, y in corners + [(p.x, p.y) for p in self.points]:
            if not (0 <= x <= columns and 0 <= y <= rows):
                raise PromptOutsideImage(f"({x:g}, {y:g}) lies outside the {columns} x {rows} pixels of the slice")


@dataclass(frozen=True)
class PromptGroup:
    """What the model is asked at once: a box with its points, or one positive point alone."""

    box: Box | None
    points: tuple[Point, ...]


def box_around(mask: Mask, outwards: float | NDArray[np.floating] = 0.0) -> Box:
    """The bounding box of a mask (rows, columns) that is not empty, its sides moved outwards by fractions of it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    tight = Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    return tight.loosened(outwards, mask.shape)


def within(box: Box, shape: tuple[int, ...]) -> Mask:
    """The pixels (rows, columns) whose centres lie in the box."""
    rows, columns = (np.arange(side) + 0.5 for side in shape)
    return np.outer((rows >= box.y0) & (rows <= box.y1), (columns >= box.x0) & (columns <= box.x1))


def grouped(prompt: Prompt) -> tuple[list[PromptGroup], list[Point]]:
    """Split a prompt into the groups the model answers one by one, and the negative points outside every box.

    A point belongs to the smallest box that contains it; a positive point outside every box is a group of its
    own; a negative point outside every box removes the component of the answer under it.
    """
    of_box: dict[int, list[Point]] = {index: [] for index in range(len(prompt.boxes))}
    alone: list[PromptGroup] = []
    removals: list[Point] = []
    for point in prompt.points:
        holders = [i for i, box in enumerate(prompt.boxes) if box.contains(point)]
        if holders:
            of_box[min(holders, key=lambda i: prompt.boxes[i].area)].append(point)
        elif point.positive:
            alone.append(PromptGroup(None, (point,)))
        else:
            removals.append(point)
    groups = [PromptGroup(box, tuple(of_box[i])) for i, box in enumerate(prompt.boxes)]
    return groups + alone, removals
