"""The laws of correction: what a click or a box may change of the mask that is there, whoever made it.

A positive click only adds, a negative one only takes away, and each changes no more than what hangs together with it.
A model proposes; these rules decide how much of its answer counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from scarmass.domain.masks import Mask, component_at, components, pixel_index
from scarmass.domain.prompts import Box, Point, Prompt, PromptGroup, box_around, within
from scarmass.domain.reading import HAND_MADE, Origin, Segment
from scarmass.domain.structures import CONTOURED, Structure

REACH_MM = 10.0
"""A click this near to a box, or to a part of the mask, is about it."""

MARGIN_MM = 8.0
"""What is asked about reaches this far beyond a click outside a box: its answer ends in a border, not an edge."""


def disobeyed(points: Sequence[Point], mask: Mask) -> list[Point]:
    """The clicks that a mask (rows, columns) does not obey yet: what is to be corrected."""
    return [point for point in points if bool(mask[pixel_index(point.x, point.y, mask.shape)]) != point.positive]


def is_apart(click: Point, boxes: Sequence[Box]) -> bool:
    """Whether a click takes away and lies outside every box."""
    return not click.positive and not any(box.contains(click) for box in boxes)


def corrected(mask: Mask, click: Point, answer: Mask) -> Mask:
    """The mask after a click, as far as a model's answer (rows, columns) to it goes.

    Of what the answer would add (or take away) only the part that hangs together with the click counts; the clicked
    pixel always does.
    """
    differs = answer & ~mask if click.positive else mask & ~answer
    pixel = pixel_index(click.x, click.y, mask.shape)
    differs[pixel] = bool(mask[pixel]) != click.positive
    part = component_at(differs, click.x, click.y)
    return mask | part if click.positive else mask & ~part


def asked_about(
    click: Point, points: Sequence[Point], boxes: Sequence[Box], mask: Mask, pixel_spacing_mm: tuple[float, float]
) -> PromptGroup:
    """What a model is asked when a mask (rows, columns) is corrected by a click.

    The smallest box that holds the click; else the nearest box or part of the mask, within REACH_MM, enlarged to hold
    it, so that no box's edge cuts what was clicked; else the click alone. With it come all points that lie in the box.
    """
    holding = [box for box in boxes if box.contains(click)]
    if holding:
        box = min(holding, key=lambda one: one.area)
    else:
        parts = [box_around(part) for part in components(mask)]
        near = [one for one in (*boxes, *parts) if _distance_mm(click, one, pixel_spacing_mm) <= REACH_MM]
        if not near:
            return PromptGroup(None, (click,))
        nearest = min(near, key=lambda one: (_distance_mm(click, one, pixel_spacing_mm), one.area))
        box = _enlarged(nearest, click, mask.shape, pixel_spacing_mm)
    inside = tuple(point for point in points if box.contains(point))
    return PromptGroup(box, inside if click in inside else (*inside, click))


def redrawn(before: Segment | None, drawn: Prompt, ask: Callable[[Prompt], Segment]) -> Segment:
    """A slice's segment once a reader has changed what is drawn there.

    drawn: all that is drawn now. ask: a model's answer to a prompt. New boxes add to the mask that is there, boxes that
    are gone or smaller take away what lay in them alone, new points correct it. Only where a point is taken back, or
    nothing changed, the mask is drawn anew. Of a mask that was painted or drawn as a contour, or that a threshold made,
    nobody knows which pixels a box brought: boxes only add to it, wherever they go, and it is never drawn anew. A
    contour that was proposed gives way to a box.
    """
    if before is None or (drawn.boxes and _is_proposed_contour(before, drawn.structure)):
        return ask(drawn)
    is_painted = before.origin in HAND_MADE and bool(before.mask.any())
    new_points = tuple(point for point in drawn.points if point not in before.points)
    new_boxes = tuple(box for box in drawn.boxes if box not in before.boxes)
    gone = [box for box in before.boxes if box not in drawn.boxes]
    is_less = len(drawn.points) - len(new_points) < len(before.points)
    if not is_painted and (is_less or not (new_points or new_boxes or gone)):
        return ask(drawn)
    segment = before if is_painted else replace(before, mask=without_boxes(before.mask, gone, drawn.boxes))
    if new_boxes:
        segment = ask(replace(drawn, boxes=new_boxes, points=(), previous=segment.mask))
    for count, point in enumerate(new_points, start=1):
        known = tuple(one for one in drawn.points if one not in new_points[count:])
        said = ask(replace(drawn, points=known, previous=segment.mask))
        # An older click that a later one overruled must not come back with this one.
        mask = segment.mask | said.mask if point.positive else segment.mask & said.mask
        segment = replace(said, mask=mask)
    origin = Origin.PAINT if is_painted else Origin.PROMPT
    return replace(segment, boxes=drawn.boxes, points=drawn.points, origin=origin, method=None, placed={})


def _is_proposed_contour(segment: Segment, structure: Structure) -> bool:
    return structure in CONTOURED and segment.origin is Origin.PROPOSED and not segment.boxes


def without_part(before: Segment, x: float, y: float) -> Segment | None:
    """The segment less its part under (x, y), and less the boxes and points of it; None where no part is there."""
    part = component_at(before.mask, x, y)
    if not part.any():
        return None
    mask = before.mask & ~part
    boxes = tuple(box for box in before.boxes if (within(box, mask.shape) & mask).any() or not _touches(box, part))
    points = tuple(point for point in before.points if not part[pixel_index(point.x, point.y, mask.shape)])
    origin = Origin.PAINT if before.origin in (Origin.THRESHOLD, Origin.IMPORT) else before.origin
    return replace(before, mask=mask, boxes=boxes, points=points, origin=origin, method=None, placed={})


def without_boxes(mask: Mask, gone: Sequence[Box], left: Sequence[Box]) -> Mask:
    """The mask (rows, columns) less what lay in boxes that are gone and lies in none that is left."""
    return mask & ~(_within_any(gone, mask.shape) & ~_within_any(left, mask.shape))


def _within_any(boxes: Sequence[Box], shape: tuple[int, ...]) -> Mask:
    inside = np.zeros(shape, dtype=bool)
    for box in boxes:
        inside |= within(box, shape)
    return inside


def _touches(box: Box, part: Mask) -> bool:
    return bool((within(box, part.shape) & part).any())


def _distance_mm(click: Point, box: Box, pixel_spacing_mm: tuple[float, float]) -> float:
    row_mm, column_mm = pixel_spacing_mm
    across = max(box.x0 - click.x, 0.0, click.x - box.x1) * column_mm
    along = max(box.y0 - click.y, 0.0, click.y - box.y1) * row_mm
    return float(np.hypot(across, along))


def _enlarged(box: Box, click: Point, shape: tuple[int, ...], pixel_spacing_mm: tuple[float, float]) -> Box:
    """The box with its sides moved outwards until the click lies MARGIN_MM within, cut off at the image."""
    rows, columns = shape
    y, x = (MARGIN_MM / spacing for spacing in pixel_spacing_mm)
    return Box(
        max(min(box.x0, click.x - x), 0.0),
        max(min(box.y0, click.y - y), 0.0),
        min(max(box.x1, click.x + x), float(columns)),
        min(max(box.y1, click.y + y), float(rows)),
    )
