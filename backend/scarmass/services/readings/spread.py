"""How unsure a reading's mass is, asked of the segmenter slice by slice, and which slices to check first."""

import uuid
from collections.abc import Hashable
from dataclasses import dataclass, replace

from scarmass.domain.errors import Away
from scarmass.domain.mass import Mass
from scarmass.domain.prompts import Prompt
from scarmass.domain.protocols import Segmentation
from scarmass.domain.reading import Origin, Reading, Segment
from scarmass.domain.sensitivity import mask_at
from scarmass.domain.spread import (
    STEP,
    Spread,
    Unsure,
    check_first,
    is_drawn_by_model,
    jittered,
    spread_mass,
    spread_of_areas,
)
from scarmass.domain.stack import Slice, SliceKey, headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.measure import measure_slice
from scarmass.services.readings.propose import heart_of, is_detected, segment
from scarmass.storage import readings


@dataclass(frozen=True)
class ReadingSpread:
    """slices: in order, each with the spread of its mass, None where no model drew its scar. check_first: in order."""

    revision: int
    slices: list[tuple[SliceKey, Mass | None]]
    mass: Mass
    check_first: tuple[SliceKey, ...]


def spread_of(context: Context, reading_id: uuid.UUID) -> ReadingSpread:
    """The spread of a reading's scar as it is now; only what is not remembered is asked for. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
    density = context.recipe_of(reading).density_g_per_ml
    spreads = [_spread_on(context, reading, one) for one in reading.slices]
    pairs = list(zip(reading.slices, spreads, strict=True))
    slices = [(one.key, None if spread is None else spread_mass([(one, spread)], density)) for one, spread in pairs]
    total = spread_mass([(one, spread or Spread()) for one, spread in pairs], density)
    return ReadingSpread(reading.revision, slices, total, check_first(_unsure(context, reading, dict(slices))))


def _spread_on(context: Context, reading: Reading, one: Slice) -> Spread | None:
    content = reading.content(one.key)
    if content.scar is None or not is_drawn_by_model(content):
        return None
    prompt = _prompt(content.scar)
    key = _key(context, reading, one, prompt)
    spread = context.spreads.get(key)
    if spread is None:
        spread = _asked(context, reading, one, prompt)
        context.spreads.put(key, spread)
    return spread


def known_spread(context: Context, reading: Reading) -> Mass | None:
    """The spread of a reading's mass where it is remembered; None where models would have to be asked."""
    try:
        if not is_detected(context, reading.slices):
            return None
    except Away:
        return None
    spreads = []
    for one in reading.slices:
        content, spread = reading.content(one.key), Spread()
        if content.scar is not None and is_drawn_by_model(content):
            known = context.spreads.get(_key(context, reading, one, _prompt(content.scar)))
            if known is None:
                return None
            spread = known
        spreads.append((one, spread))
    return spread_mass(spreads, context.density_g_per_ml)


def _key(context: Context, reading: Reading, one: Slice, prompt: Prompt) -> Hashable:
    return context.segmenter.model, one.pixels_key, heart_of(context, reading.slices), prompt


def _prompt(scar: Segment) -> Prompt:
    sensitivity = scar.sensitivity or 0.0
    is_drawn = scar.origin is not Origin.PROPOSED
    return Prompt(Structure.SCAR, scar.boxes, scar.points, sensitivity=sensitivity, is_drawn=is_drawn)


def _asked(context: Context, reading: Reading, one: Slice, prompt: Prompt) -> Spread:
    pixel_mm2 = one.header.plane.pixel_area_mm2
    limits = prompt.sensitivity - STEP, prompt.sensitivity + STEP

    def said(asked: Prompt) -> Segmentation:
        return segment(context, reading.slices, one, asked)

    if prompt.points:
        masks = [said(replace(prompt, sensitivity=limit)).mask for limit in limits]
    else:
        logits = said(prompt).logits
        masks = [mask_at(logits, limit) for limit in limits]
    less, more = (float(mask.sum()) * pixel_mm2 for mask in masks)
    others = [said(replace(prompt, boxes=boxes)).mask for boxes in jittered(prompt.boxes, one.shape)]
    return spread_of_areas(less, more, [float(mask.sum()) * pixel_mm2 for mask in others])


def _unsure(context: Context, reading: Reading, spreads: dict[SliceKey, Mass | None]) -> list[Unsure]:
    """The slices that a model drew, by the headline's extent; none where the geometry does not know it."""
    found = []
    recipe = context.recipe_of(reading)
    extent = headline_extent(reading.slices, recipe.mass_extent)
    for one in reading.slices:
        content, mass = reading.content(one.key), spreads[one.key]
        spread = None if mass is None else mass.by(extent)
        if content.scar is None or spread is None:
            continue
        own = measure_slice(one, content.scar.mask, recipe.density_g_per_ml).mass.by(extent)
        found.append(Unsure(one.key, content.state, spread.mass_g, 0.0 if own is None else own.mass_g))
    return found
