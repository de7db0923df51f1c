"""What counts as the wall in a reading: scar that keeps to it, and scar and papillary muscles as parts of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scarmass.domain.confinement import given_way, within_wall
from scarmass.domain.edits import Edit, WallEdit
from scarmass.domain.papillary import papillary_muscles, put_back, taken_out
from scarmass.domain.reading import DECIDED_STATES, Changes, Origin, Reading, SliceChange, WallRules
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import CONTOURED, Structure
from scarmass.services.context import Context
from scarmass.services.readings.propose import image_of


def by_wall_rules(context: Context, reading: Reading, rules: WallRules, edit: Edit | None, changes: Changes) -> Changes:
    """The changes of slices by the rules of the wall, and those of blood pools that an edit of the rules makes."""
    told = dict(changes)
    for key in _with_other_blood(reading, rules, edit, changes):
        told[key] = _of_blood(context, reading, rules, key, changes.get(key, SliceChange()))
    return within_wall(reading, rules, told)


def _with_other_blood(reading: Reading, rules: WallRules, edit: Edit | None, changes: Changes) -> Sequence[SliceKey]:
    """The slices whose papillary muscles are to be looked for, or to be put back."""
    if isinstance(edit, WallEdit) and edit.papillary_muscles is not None:
        return [key for key in reading.keys if Structure.BLOOD_POOL in reading.content(key).segments]
    drawn = [key for key, change in changes.items() if change.segments.get(Structure.BLOOD_POOL) is not None]
    return drawn if rules.papillary_muscles else []


def _of_blood(context: Context, reading: Reading, rules: WallRules, key: SliceKey, change: SliceChange) -> SliceChange:
    """The change of a slice with its papillary muscles out of the blood pool, or in it."""
    segments = change.applied_to(reading.content(key)).segments
    if not segments.keys() >= set(CONTOURED):
        return change
    ventricle = segments[Structure.LEFT_VENTRICLE].mask
    blood_pool = put_back(segments[Structure.BLOOD_POOL], ventricle)
    if rules.papillary_muscles:
        one = next(one for one in reading.slices if one.key == key)
        blood, remote = blood_pool.mask, ventricle & ~blood_pool.mask
        if Structure.SCAR in segments:
            blood, remote = (part & ~segments[Structure.SCAR].mask for part in (blood, remote))
        pixels, spacing_mm = image_of(context, one).pixels, one.header.pixel_spacing_mm
        blood_pool = taken_out(blood_pool, papillary_muscles(pixels, blood, remote, spacing_mm))
    return replace(change, segments={**change.segments, Structure.BLOOD_POOL: blood_pool})


def with_blood_giving_way(reading: Reading, rules: WallRules, edit: Edit | None, changes: Changes) -> Changes:
    """The changes of slices with proposed blood pools that give way to the scar beside them, or have it back."""
    told = dict(changes)
    for key in _with_other_scar(reading, edit, changes):
        change = changes.get(key, SliceChange())
        segments = change.applied_to(reading.content(key)).segments
        if not segments.keys() >= set(CONTOURED) or segments[Structure.BLOOD_POOL].origin is not Origin.PROPOSED:
            continue
        ventricle, blood_pool = (segments[structure] for structure in CONTOURED)
        is_scar = rules.confines_scar and Structure.SCAR in segments
        scar = segments[Structure.SCAR].mask if is_scar else np.zeros_like(ventricle.mask)
        left = given_way(blood_pool, scar, ventricle.mask)
        if left is not blood_pool:
            told[key] = replace(change, segments={**change.segments, Structure.BLOOD_POOL: left})
    return told


def _with_other_scar(reading: Reading, edit: Edit | None, changes: Changes) -> Sequence[SliceKey]:
    """The slices whose scar changes, and all that are not decided where the rule does."""
    drawn = [key for key, change in changes.items() if Structure.SCAR in change.segments]
    if not isinstance(edit, WallEdit) or edit.confines_scar is None:
        return drawn
    return [
        *drawn,
        *(key for key in reading.keys if reading.content(key).state not in DECIDED_STATES and key not in drawn),
    ]
