"""Prompt strategies: what is drawn on a slice that shows scar. The reference places prompts and does nothing else."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components, deepest_pixel
from scarmass.domain.prompts import Box, Point, PromptGroup, box_around, within
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure, scar_parts

JITTER = 0.15
"""Each edge of a jittered box moves inwards or outwards by up to this fraction of the box's length on its axis."""

DETECTOR_BOX = "detector_box"


@dataclass(frozen=True)
class Drawing:
    """What a strategy may look at: the slice, its scar and one part of it, and the detector's boxes."""

    scar: Mask
    part: Mask
    generator: np.random.Generator

    @property
    def tight_box(self) -> Box:
        return box_around(self.part, 0)

    def positive_points(self, count: int) -> tuple[Point, ...]:
        """The first deepest in the part, the others anywhere in it."""
        rows, columns = np.nonzero(self.part)
        drawn = self.generator.integers(len(rows), size=count - 1)
        pixels = [deepest_pixel(self.part), *zip(rows[drawn], columns[drawn], strict=True)]
        return tuple(Point(float(column) + 0.5, float(row) + 0.5, True) for row, column in pixels)

    def negative_point(self) -> Point:
        """Anywhere in the tight box that is no scar; just around the box where it is all scar."""
        box = self.tight_box
        free = within(box, self.scar.shape) & ~self.scar
        if not free.any():
            around = Box(box.x0 - 1, box.y0 - 1, box.x1 + 1, box.y1 + 1)
            free = within(around, self.scar.shape) & ~self.scar
        rows, columns = np.nonzero(free)
        chosen = self.generator.integers(len(rows))
        return Point(float(columns[chosen]) + 0.5, float(rows[chosen]) + 0.5, False)


def _tight_box(drawing: Drawing) -> PromptGroup:
    return PromptGroup(drawing.tight_box, ())


def _jittered_box(drawing: Drawing) -> PromptGroup:
    return PromptGroup(box_around(drawing.part, drawing.generator.uniform(-JITTER, JITTER, 4)), ())


def _box_and_positive(drawing: Drawing) -> PromptGroup:
    return PromptGroup(drawing.tight_box, drawing.positive_points(1))


def _box_and_three_positive(drawing: Drawing) -> PromptGroup:
    return PromptGroup(drawing.tight_box, drawing.positive_points(3))


def _box_positive_negative(drawing: Drawing) -> PromptGroup:
    return PromptGroup(drawing.tight_box, (*drawing.positive_points(1), drawing.negative_point()))


def _point(drawing: Drawing) -> PromptGroup:
    return PromptGroup(None, drawing.positive_points(1))


def _three_points(drawing: Drawing) -> PromptGroup:
    return PromptGroup(None, drawing.positive_points(3))


BY_PART: Mapping[str, Callable[[Drawing], PromptGroup]] = {
    "tight_box": _tight_box,
    "jittered_box": _jittered_box,
    "box_1_positive": _box_and_positive,
    "box_3_positive": _box_and_three_positive,
    "box_positive_negative": _box_positive_negative,
    "1_point": _point,
    "3_points": _three_points,
}
"""Strategies that draw on every part of the scar that is worth a prompt of its own."""

LEFT_VENTRICLE_BOX = "left_ventricle_box"
STRATEGIES = (*BY_PART, LEFT_VENTRICLE_BOX, DETECTOR_BOX)


def drawn(strategy: str, annotated: AnnotatedSlice, detected: Sequence[DetectedBox], seed: int) -> list[PromptGroup]:
    """What the strategy draws on a slice with scar: the same for the same seed, whatever was drawn before.

    detected: the detector's boxes on the slice. Where it found no scar, its strategy draws nothing.
    """
    scar = annotated.masks[Structure.SCAR]
    if strategy == DETECTOR_BOX:
        return [PromptGroup(found.box, ()) for found in detected if found.structure is Structure.SCAR]
    if strategy == LEFT_VENTRICLE_BOX:
        return [PromptGroup(box_around(annotated.masks[Structure.LEFT_VENTRICLE], 0), ())]
    key = zlib.crc32(f"{strategy}/{annotated.patient}/{annotated.index}".encode())
    generator = np.random.default_rng([seed, key])
    parts = prompted_parts(scar, annotated.pixel_spacing_mm)
    return [BY_PART[strategy](Drawing(scar, part, generator)) for part in parts]


def prompted_parts(scar: Mask, pixel_spacing_mm: tuple[float, float]) -> list[Mask]:
    """The parts that a reader would draw a box around, or the largest part where all are smaller."""
    return scar_parts(scar, pixel_spacing_mm) or components(scar)[:1]
