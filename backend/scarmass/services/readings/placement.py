"""What is said of where scar lies: told when it is outlined and kept with it, so that reading it asks no model."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from scarmass.domain.errors import Away
from scarmass.domain.masks import Mask
from scarmass.domain.placement import Misplaced, certain_blood, misplaced
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.proposal import VENTRICLE_LOOSENESS
from scarmass.domain.reading import Changes, Segment
from scarmass.domain.stack import Slice, headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.measure import measure_slice
from scarmass.services.readings.outline import ventricle_outline
from scarmass.services.readings.propose import detection_of, heart_of, segment

log = logging.getLogger(__name__)


def with_warnings(context: Context, slices: Sequence[Slice], changes: Changes, waits: bool = False) -> Changes:
    """The changes of slices with what is to be said of each scar that they outline.

    waits: nothing is said where models or images cannot be reached, as it can be done later. Raises Away then.
    """
    by_key = {one.key: one for one in slices}
    told, is_asked = {}, True
    for key, change in changes.items():
        if (scar := change.segments.get(Structure.SCAR)) is not None:
            unsaid = replace(scar, warnings=(), misplaced=None)
            try:
                scar = placed(context, slices, by_key[key], scar) if is_asked else unsaid
            except Away:  # what a reader outlined is kept whether models answer or not
                if waits:
                    raise
                log.warning("nothing is said of where scar lies, as models or images cannot be reached")
                scar, is_asked = unsaid, False  # nobody waits for each slice anew
            change = replace(change, segments={**change.segments, Structure.SCAR: scar})
        told[key] = change
    return told


def placed(context: Context, slices: Sequence[Slice], one: Slice, scar: Segment) -> Segment:
    """A scar on one of the slices with what is to be said of where it lies.

    Nothing where that cannot be found out. Raises Away.
    """
    try:
        found = _misplaced(context, slices, one, scar.mask)
    except Away:
        raise
    except Exception:  # whatever the models met
        log.exception("nothing is said of where a scar lies")
        found = None
    if found is None:
        return replace(scar, warnings=(), misplaced=None)
    return replace(scar, warnings=_warnings(context, one, found), misplaced=found.mask)


def ask_ahead(context: Context, slices: Sequence[Slice], one: Slice) -> None:
    """Ask where blood is on one of the slices, so that no click waits for it."""
    ventricle = _ventricle(context, slices, one)
    if ventricle is not None:
        _blood(context, slices, one, ventricle)


def ask_all_ahead(context: Context, slices: Sequence[Slice]) -> None:
    """The same of every slice, as far as models answer. Raises Away."""
    for one in slices:
        try:
            ask_ahead(context, slices, one)
        except Away:
            raise
        except Exception:  # whatever the models met: it is told where scar is placed
            log.exception("nothing is known of blood on a slice")


def warnings_of(context: Context, slices: Sequence[Slice], one: Slice, scar: Mask) -> tuple[str, ...]:
    """What is to be said of where a scar mask (rows, columns) on one of the slices lies."""
    found = _misplaced(context, slices, one, scar)
    return () if found is None else _warnings(context, one, found)


def _misplaced(context: Context, slices: Sequence[Slice], one: Slice, scar: Mask) -> Misplaced | None:
    """None where there is nothing to be said, as no heart was found or nothing is outlined."""
    ventricle = _ventricle(context, slices, one)
    if ventricle is None:
        return None
    # Also where nothing is outlined: the first click there does not wait for it.
    blood = _blood(context, slices, one, ventricle)
    return misplaced(scar, ventricle, blood, one.header.pixel_spacing_mm) if scar.any() else None


def _ventricle(context: Context, slices: Sequence[Slice], one: Slice) -> Box | None:
    index = [other.key for other in slices].index(one.key)
    return detection_of(context, slices).ventricle_at(index, one.header.pixel_spacing_mm)


def _blood(context: Context, slices: Sequence[Slice], one: Slice, ventricle: Box) -> Mask | None:
    """What is blood in the ventricle's box for certain; None where the segmenter outlines none."""
    if not context.segmenter.is_structure_conditioned:
        return None
    around = ventricle.loosened(VENTRICLE_LOOSENESS, one.shape)
    key = context.segmenter.model, one.pixels_key, heart_of(context, slices), around
    if (known := context.blood.get(key)) is not None:
        return known
    # First, as a click's question is encoded before others.
    scar = segment(context, slices, one, Prompt(Structure.SCAR, (around,), is_drawn=False))
    outline = ventricle_outline(context, slices, one)
    if outline is None:
        return None
    blood = certain_blood(outline, scar)
    context.blood.put(key, blood)
    return blood


def _warnings(context: Context, one: Slice, found: Misplaced) -> tuple[str, ...]:
    def amount(part: Mask) -> str:
        measure = measure_slice(one, part, context.density_g_per_ml)
        quantity = measure.mass.by(headline_extent([one], context.mass_extent))
        return f"{measure.area_mm2:.0f} mm²" if quantity is None else f"{quantity.mass_g:.1f} g"

    return found.warnings(amount)
