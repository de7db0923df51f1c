"""No-reflow: the dark core of an infarct, which contrast agent does not reach. It is a part of the scar."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from scarmass.domain.masks import EIGHT_CONNECTED, Mask, components, without_holes
from scarmass.domain.reading import HAND_MADE, READERS_STATES, Origin, Segment, SliceChange, SliceContent, SliceState
from scarmass.domain.structures import Structure

DARKER_THAN = 0.5
"""A core is darker than this share of the way from remote myocardium to bright scar."""

BRIGHT_PERCENTILE = 75
"""Of the scar's signal: its core and its blurred border are darker."""

ENCLOSED_SHARE = 0.8
"""Of a core's border at least this much is bright scar or blood."""

SCAR_SHARE = 0.3
"""Of a core's border at least this much is bright scar: what blood alone surrounds is a papillary muscle."""

SMALLEST_CORE_MM2 = 10.0

LEAST_IN_WALL = 2 / 3
"""Where less of a scar lies in the wall, the scar or the contours are wrong, and no core is looked for."""

REMOTE_PIXELS_AWAY, FEWEST_REMOTE = 2, 20
"""Remote myocardium is this far from the scar; fewer pixels of it tell no signal."""


def dark_cores(
    pixels: NDArray[np.floating],
    scar: Mask,
    left_ventricle: Mask,
    blood_pool: Mask,
    pixel_spacing_mm: tuple[float, float],
) -> Mask:
    """The dark parts of the wall that scar encloses, or that lie between scar and blood.

    pixels: rescaled signal, magnitude or phase sensitive; all (rows, columns).
    """
    nothing = np.zeros_like(scar)
    wall = left_ventricle & ~blood_pool
    remote = wall & ~np.asarray(ndimage.binary_dilation(scar, iterations=REMOTE_PIXELS_AWAY), dtype=bool)
    is_in_wall = scar.any() and (scar & wall).sum() >= LEAST_IN_WALL * scar.sum()
    if not is_in_wall or remote.sum() < FEWEST_REMOTE:
        return nothing
    of_remote, of_scar = np.median(pixels[remote]), np.percentile(pixels[scar], BRIGHT_PERCENTILE)
    enclosed = without_holes(scar | blood_pool) & (scar | wall) & ~blood_pool
    dark = enclosed & (pixels < of_remote + DARKER_THAN * (of_scar - of_remote))
    row_mm, column_mm = pixel_spacing_mm
    large = [part for part in components(dark) if part.sum() * row_mm * column_mm >= SMALLEST_CORE_MM2]
    cores = [part for part in large if _is_enclosed(part, scar & ~dark, blood_pool)]
    return np.asarray(np.logical_or.reduce([nothing, *cores]), dtype=bool)


def _is_enclosed(part: Mask, bright: Mask, blood_pool: Mask) -> bool:
    border = np.asarray(ndimage.binary_dilation(part, EIGHT_CONNECTED), dtype=bool) & ~part
    around = max(int(border.sum()), 1)
    by_scar, by_blood = int((border & bright).sum()), int((border & blood_pool & ~bright).sum())
    return by_scar >= SCAR_SHARE * around and by_scar + by_blood >= ENCLOSED_SHARE * around


def with_proposal(before: SliceContent, change: SliceChange, cores: Mask) -> SliceChange:
    """A change that brings a model's scar, with the cores that are proposed of it.

    They count in the scar. Where a reader drew what the model was asked for, only those within its answer are proposed.
    """
    scar = change.segments[Structure.SCAR]
    if scar is None:
        return change
    if scar.origin is not Origin.PROPOSED:
        cores = cores & scar.mask
    if not cores.any():
        gone = {Structure.NO_REFLOW: None} if Structure.NO_REFLOW in before.segments else {}
        return replace(change, segments={**change.segments, **gone})
    core = Segment(cores, Origin.PROPOSED)
    whole = replace(scar, mask=scar.mask | cores)
    return replace(change, segments={**change.segments, Structure.SCAR: whole, Structure.NO_REFLOW: core})


def is_to_be_proposed(before: SliceContent, change: SliceChange) -> bool:
    """Whether a change brings a scar that a model drew, on a slice where no reader has a word on no-reflow yet."""
    scar, core = change.segments.get(Structure.SCAR), before.segments.get(Structure.NO_REFLOW)
    if scar is None or scar.origin not in (Origin.PROPOSED, Origin.PROMPT):
        return False
    if core is None:
        return True
    return core.origin is Origin.PROPOSED and before.state not in READERS_STATES


def within_scar(before: SliceContent, change: SliceChange) -> SliceChange:
    """A change of a slice with its no-reflow kept within its scar.

    What is drawn as no-reflow becomes scar as well, and what goes of the scar goes of the no-reflow. Only where models
    draw the scar anew, no-reflow that a reader drew stays and counts in it.
    """
    if not {Structure.SCAR, Structure.NO_REFLOW} & change.segments.keys():
        return change
    after = change.applied_to(before)
    scar, core = after.scar, after.segments.get(Structure.NO_REFLOW)
    if core is None:
        return change
    outside = core.mask if scar is None else core.mask & ~scar.mask
    if not outside.any():
        return change
    is_drawn = Structure.NO_REFLOW in change.segments and core.origin is not Origin.PROPOSED
    is_kept = core.origin is not Origin.PROPOSED and scar is not None and scar.origin is Origin.PROPOSED
    if not is_drawn and not is_kept:
        left = replace(core, mask=core.mask & ~outside)
        segment = left if left.mask.any() else None
        return replace(change, segments={**change.segments, Structure.NO_REFLOW: segment})
    segments = {**change.segments, Structure.SCAR: _with_core(scar, core)}
    if is_drawn and change.decision is None:
        return SliceChange(SliceState.EDITED, False, segments)
    return replace(change, segments=segments)


def _with_core(scar: Segment | None, core: Segment) -> Segment:
    """The scar with the core in it; a method's scar is the method's no more."""
    if scar is None:
        return Segment(core.mask, core.origin)
    origin = Origin.PAINT if scar.origin in HAND_MADE else scar.origin
    return replace(scar, mask=scar.mask | core.mask, origin=origin, method=None, placed={})
