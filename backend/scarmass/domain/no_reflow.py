"""No-reflow: the dark core of an infarct, which contrast agent does not reach. It is a part of the scar."""

from dataclasses import replace

from scarmass.domain.reading import HAND_MADE, Origin, Segment, SliceChange, SliceContent, SliceState
from scarmass.domain.structures import Structure


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
    is_drawn = Structure.NO_REFLOW in change.segments
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
