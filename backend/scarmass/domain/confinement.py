"""Scar confined to the wall: scar lies in the myocardium, and what a model draws beyond it is blood or fat.

Only what models add is confined. What a reader paints, or asks for by a click outside the wall, is a reader's word.
The border of the blood pool cannot be seen beside a bright subendocardial scar, so a proposed one gives way to scar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from scarmass.domain.masks import Mask, component_at, components
from scarmass.domain.prompts import Point
from scarmass.domain.reading import Changes, Origin, Reading, Segment, SliceContent, WallRules
from scarmass.domain.structures import CONTOURED, Structure


def within_wall(reading: Reading, rules: WallRules, changes: Changes) -> Changes:
    """The changes of slices by the rules of the wall."""
    if not rules.confines_scar:
        return changes
    told = {}
    for key, change in changes.items():
        before, scar = reading.content(key), change.segments.get(Structure.SCAR)
        if scar is not None:
            kept = confined(scar, before, change.applied_to(before).segments)
            change = replace(change, segments={**change.segments, Structure.SCAR: kept})
        told[key] = change
    return told


def confined(scar: Segment, before: SliceContent, contours: Mapping[Structure, Segment]) -> Segment:
    """A scar on a slice, with what a model newly draws of it kept to the wall between the contours.

    before: the slice until then, whose scar stays. The scar is as it was where a contour is missing, and where no model
    drew it.
    """
    if scar.origin not in (Origin.PROPOSED, Origin.PROMPT) or not contours.keys() >= set(CONTOURED):
        return scar
    ventricle, blood_pool = (contours[structure] for structure in CONTOURED)
    gives_way = blood_pool.origin is Origin.PROPOSED
    wall = ventricle.mask if gives_way else ventricle.mask & ~blood_pool.mask
    is_drawn = scar.origin is Origin.PROMPT
    known = before.scar.mask if is_drawn and before.scar is not None else np.zeros_like(scar.mask)
    added = scar.mask & ~known
    kept = scar.mask & (known | wall)
    if is_drawn:
        kept |= asked_outside(added, wall, scar.points)
    return scar if np.array_equal(kept, scar.mask) else replace(scar, mask=kept)


def asked_outside(added: Mask, wall: Mask, points: Sequence[Point]) -> Mask:
    """What a reader asked for outside the wall, of masks (rows, columns): the parts that hold a positive click there,
    and those that lie outside altogether."""
    asked = np.zeros_like(added)
    for point in points:
        if point.positive and not component_at(wall, point.x, point.y).any():
            asked |= component_at(added, point.x, point.y)
    for part in components(added):
        if not (part & wall).any():
            asked |= part
    return asked


def given_way(blood_pool: Segment, scar: Mask, left_ventricle: Mask) -> Segment:
    """The blood pool less a scar, within the left ventricle, masks (rows, columns); it knows what it gave.

    What it gave before it has back first. Papillary muscles that were taken out of it stay out.
    """
    nothing = np.zeros_like(blood_pool.mask)
    muscles, given = (
        nothing if part is None else part for part in (blood_pool.papillary_muscles, blood_pool.given_to_scar)
    )
    whole = blood_pool.mask | ((muscles | given) & left_ventricle)
    gives = whole & scar
    if np.array_equal(gives, given):
        return blood_pool
    return replace(blood_pool, mask=whole & ~muscles & ~gives, given_to_scar=gives if gives.any() else None)
