"""What a reader might draw on an annotated slice, and what the answer should then be."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scarmass.domain.masks import Mask, components
from scarmass.domain.prompts import Box, Point, PromptGroup, Structure
from scarmass.training.dataset import AnnotatedSlice

SMALLEST_PART_PIXELS = 3
"""Smaller components of a reference mask are not asked for on their own."""

WHOLE = (Structure.BLOOD_POOL, Structure.LEFT_VENTRICLE)
"""Structures of one part: their box is drawn around all of it."""


@dataclass(frozen=True)
class PromptShares:
    """How often what is drawn. The rest of the structures' shares go to scar."""

    no_reflow: float
    blood_pool: float
    left_ventricle: float
    box_around_all: float
    """Scar and no-reflow: one box around all parts rather than around one of them."""
    lone_point: float
    extra_point: float
    """A first point beside the box, inside the target or outside."""
    box_on_no_scar: float
    """Slices without scar: a box on healthy myocardium, to be answered with nothing."""
    tightest: float
    loosest: float
    """Each side of a box moves outwards by a fraction of the box's length between these two."""


@dataclass(frozen=True)
class Question:
    """A prompt for one structure and the mask (rows, columns) that answers it, on the slice's own grid."""

    structure: Structure
    group: PromptGroup
    target: Mask


def drawn_question(annotated: AnnotatedSlice, shares: PromptShares, generator: np.random.Generator) -> Question:
    """A box, a box with a point, or a point, on one structure of the slice."""
    structure = _chosen_structure(annotated, shares, generator)
    mask = annotated.masks[structure]
    parts = [part for part in components(mask) if part.sum() >= SMALLEST_PART_PIXELS]
    if not parts:
        return Question(structure, PromptGroup(_box_on_myocardium(annotated, generator), ()), np.zeros_like(mask))
    part = parts[generator.integers(len(parts))]
    if generator.random() < shares.lone_point:
        return Question(structure, PromptGroup(None, (_point_in(part, True, generator),)), part)
    around_all = structure in WHOLE or generator.random() < shares.box_around_all
    box = box_around(mask if around_all else part, generator.uniform(shares.tightest, shares.loosest, 4))
    # Who boxes one part does not ask for another that the box merely touches.
    held = within(box, mask.shape)
    target = np.logical_or.reduce([part, *(p for p in parts if (p & held).sum() >= p.sum() / 2)])
    points: tuple[Point, ...] = ()
    if generator.random() < shares.extra_point:
        positive = bool(generator.random() < 0.5)
        place = target & held if positive else held & ~target
        points = (_point_in(place, positive, generator),) if place.any() else ()
    return Question(structure, PromptGroup(box, points), target)


def box_around(mask: Mask, outwards: float | np.ndarray) -> Box:
    """The mask's bounding box with its four sides (left, top, right, bottom) moved outwards by fractions of
    it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    left, top, right, bottom = np.broadcast_to(outwards, 4) * (x1 - x0, y1 - y0, x1 - x0, y1 - y0)
    return Box(
        float(max(x0 - left, 0)),
        float(max(y0 - top, 0)),
        float(min(x1 + right, mask.shape[1])),
        float(min(y1 + bottom, mask.shape[0])),
    )


def correcting_point(answer: Mask, question: Question) -> Point | None:
    """The click that corrects an answer: the middle of its largest error in the box, None where it has none."""
    wrong = answer ^ question.target
    if question.group.box is not None:
        wrong &= within(question.group.box, wrong.shape)
    if not wrong.any():
        return None
    depth = np.asarray(ndimage.distance_transform_edt(np.pad(components(wrong)[0], 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return Point(column + 0.5, row + 0.5, bool(question.target[row, column]))


def within(box: Box, shape: tuple[int, ...]) -> Mask:
    """The pixels (rows, columns) whose centres lie in the box."""
    rows, columns = (np.arange(side) + 0.5 for side in shape)
    return np.outer((rows >= box.y0) & (rows <= box.y1), (columns >= box.x0) & (columns <= box.x1))


def _chosen_structure(annotated: AnnotatedSlice, shares: PromptShares, generator: np.random.Generator) -> Structure:
    if not annotated.masks[Structure.SCAR].any() and generator.random() >= shares.box_on_no_scar:
        return WHOLE[generator.integers(2)] if annotated.masks[Structure.BLOOD_POOL].any() else WHOLE[1]
    wanted = generator.random()
    for structure in (Structure.NO_REFLOW, *WHOLE):
        wanted -= getattr(shares, structure.value)
        if wanted < 0 and annotated.masks[structure].sum() >= SMALLEST_PART_PIXELS:
            return structure
    return Structure.SCAR


def _box_on_myocardium(annotated: AnnotatedSlice, generator: np.random.Generator) -> Box:
    """A box of 10 to 35 mm around a place in the myocardium."""
    myocardium = annotated.masks[Structure.LEFT_VENTRICLE] & ~annotated.masks[Structure.BLOOD_POOL]
    centre = _point_in(myocardium, True, generator)
    row_mm, column_mm = annotated.pixel_spacing_mm
    width, height = generator.uniform(10, 35, 2) / (column_mm, row_mm)
    rows, columns = myocardium.shape
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
