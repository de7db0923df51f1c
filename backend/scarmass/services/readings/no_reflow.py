"""No-reflow that is proposed in a reading, where models draw the scar."""

import numpy as np

from scarmass.domain.confinement import given_way
from scarmass.domain.masks import Mask
from scarmass.domain.no_reflow import dark_cores, is_to_be_proposed, with_proposal
from scarmass.domain.reading import Changes, Reading, SliceChange
from scarmass.domain.stack import SliceKey
from scarmass.domain.structures import CONTOURED, Structure
from scarmass.services.context import Context
from scarmass.services.readings.propose import image_of


def with_proposed_cores(context: Context, reading: Reading, changes: Changes) -> Changes:
    """The changes of slices with the cores that are proposed of each scar that models draw."""
    told = dict(changes)
    for key, change in changes.items():
        before = reading.content(key)
        if is_to_be_proposed(before, change) and (cores := _cores(context, reading, key, change)) is not None:
            told[key] = with_proposal(before, change, cores)
    return told


def _cores(context: Context, reading: Reading, key: SliceKey, change: SliceChange) -> Mask | None:
    """The cores of a slice's scar after a change, None where it has no contours.

    They are told by the blood pool as it was outlined, before it gave way to scar.
    """
    after = change.applied_to(reading.content(key)).segments
    if not after.keys() >= {Structure.SCAR, *CONTOURED} or not after[Structure.SCAR].mask.any():
        return None
    one = next(one for one in reading.slices if one.key == key)
    scar, ventricle = after[Structure.SCAR].mask, after[Structure.LEFT_VENTRICLE].mask
    blood_pool = given_way(after[Structure.BLOOD_POOL], np.zeros_like(scar), ventricle).mask
    return dark_cores(image_of(context, one).pixels, scar, ventricle, blood_pool, one.header.pixel_spacing_mm)
