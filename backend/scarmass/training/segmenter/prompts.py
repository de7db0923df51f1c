"""The random prompts of training: what a reader might draw on an annotated slice, and the mask that answers it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import Box, Point, PromptGroup, box_around, within
from scarmass.domain.structures import Structure

SMALLEST_PART_PIXELS = 3
"""Smaller components of an augmented mask are left over from resampling and get no prompt of their own."""

WHOLE = (Structure.BLOOD_POOL, Structure.LEFT_VENTRICLE)
"""Structures of one part: their box is drawn around all of it."""


@dataclass(frozen=True)
class PromptShares:
    """How often each kind of prompt comes. The rest of the structures' shares go to scar, on slices that show it."""

    no_reflow: float
    blood_pool: float
    left_ventricle: float
    around_all: float
    """Scar and no-reflow: one box around all parts rather than around one of them."""
    around_ventricle: float
    """Scar: a box around the left ventricle, which asks for all scar in it."""
    lone_point: float
    extra_points: float
    """One to three points beside the box, each inside the target or outside."""
    scar_on_no_scar: float
    """Slices without scar: a box on healthy myocardium or around the ventricle, to be answered with nothing."""
    tightest: float
    loosest: float
    """Each side of a box moves outwards by a fraction of the box's length between these two."""


@dataclass(frozen=True)
class PromptTarget:
    """A prompt for one structure and the mask (rows, columns) that answers it, on the slice's own grid."""

    structure: Structure
    group: PromptGroup
    target: Mask


def random_prompt_target(
    annotated: AnnotatedSlice, shares: PromptShares, generator: np.random.Generator
) -> PromptTarget:
    """A box, a box with points, or a point, on one structure of the slice; larger parts of it more often."""
    structure = _chosen_structure(annotated, shares, generator)
    mask = annotated.masks[structure]
    parts = [part for part in components(mask) if part.sum() >= SMALLEST_PART_PIXELS]
    outwards = generator.uniform(shares.tightest, shares.loosest, 4)
    if structure is Structure.SCAR and generator.random() < (shares.around_ventricle if parts else 0.4):
        box = box_around(annotated.masks[Structure.LEFT_VENTRICLE], outwards)
        return PromptTarget(structure, PromptGroup(box, ()), mask)
    if not parts:
        return PromptTarget(structure, PromptGroup(_box_on_myocardium(annotated, generator), ()), np.zeros_like(mask))
    sizes = np.sqrt([part.sum() for part in parts])
    part = parts[generator.choice(len(parts), p=sizes / sizes.sum())]
    if generator.random() < shares.lone_point:
        return PromptTarget(structure, PromptGroup(None, (_point_in(part, True, generator),)), part)
    around_all = structure in WHOLE or generator.random() < shares.around_all
    box = box_around(mask if around_all else part, outwards)
    target = _inside_target(parts, part, box)
    points: tuple[Point, ...] = ()
    if generator.random() < shares.extra_points:
        points = _extra_points(target, box, generator)
    return PromptTarget(structure, PromptGroup(box, points), target)


def _inside_target(parts: Sequence[Mask], part: Mask, box: Box) -> Mask:
    """The target of a box around a part: that part, others mostly in the box, and of the rest what lies in it."""
    held = within(box, part.shape)
    return np.logical_or.reduce([part, *(p if (p & held).sum() >= p.sum() / 2 else p & held for p in parts)])


def _extra_points(target: Mask, box: Box, generator: np.random.Generator) -> tuple[Point, ...]:
    held = within(box, target.shape)
    points: list[Point] = []
    for _ in range(generator.integers(1, 4)):
        positive = bool(generator.random() < 0.5)
        place = target & held if positive else held & ~target
        if place.any():
            points.append(_point_in(place, positive, generator))
    return tuple(points)


def _chosen_structure(annotated: AnnotatedSlice, shares: PromptShares, generator: np.random.Generator) -> Structure:
    has_blood = annotated.masks[Structure.BLOOD_POOL].any()
    if not annotated.masks[Structure.SCAR].any() and generator.random() >= shares.scar_on_no_scar:
        return WHOLE[generator.integers(2)] if has_blood else Structure.LEFT_VENTRICLE
    wanted = generator.random()
    for structure in (Structure.NO_REFLOW, *WHOLE):
        wanted -= getattr(shares, structure.value)
        if wanted < 0 and annotated.masks[structure].sum() >= SMALLEST_PART_PIXELS:
            return structure
    return Structure.SCAR


def _box_on_myocardium(annotated: AnnotatedSlice, generator: np.random.Generator) -> Box:
    """A box of 10 to 35 mm around a place in the myocardium."""
    centre = _point_in(annotated.myocardium, True, generator)
    row_mm, column_mm = annotated.pixel_spacing_mm
    width, height = generator.uniform(10, 35, 2) / (column_mm, row_mm)
    rows, columns = annotated.pixels.shape
    return Box(
        max(centre.x - width / 2, 0.0),
        max(centre.y - height / 2, 0.0),
        min(centre.x + width / 2, float(columns)),
        min(centre.y + height / 2, float(rows)),
    )


def _point_in(mask: Mask, positive: bool, generator: np.random.Generator) -> Point:
    pixels = np.argwhere(mask)
    row, column = pixels[generator.integers(len(pixels))] + generator.random(2)
    return Point(float(column), float(row), positive)
