"""Two readings of one stack, compared: each measured as it was signed, or as the settings are now."""

import uuid
from dataclasses import dataclass

from scarmass.domain.comparison import SlicePair, dice_of, pairs_of
from scarmass.domain.masks import Mask
from scarmass.domain.reading import Reading
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.measure import SliceMeasure, measure_slice
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.storage import readings


@dataclass(frozen=True)
class Comparison:
    """dice: over all slices that both readings count."""

    one: MeasuredReading
    other: MeasuredReading
    slices: list["ComparedSlice"]
    dice: float | None


@dataclass(frozen=True)
class ComparedSlice:
    """one, other: what its scar measures in each reading, None where that lacks the slice or excludes it."""

    pair: SlicePair
    one: SliceMeasure | None
    other: SliceMeasure | None


def compare(context: Context, reading_id: uuid.UUID, other_id: uuid.UUID) -> Comparison:
    """Raises ReadingNotFound, ReadingsOfOtherStacks."""
    with context.database.transaction() as session:
        one = measured(context, session, readings.get_reading(session, reading_id))
        other = measured(context, session, readings.get_reading(session, other_id))
    pairs = pairs_of(one.reading, other.reading)
    slices = [
        ComparedSlice(
            pair,
            _measure(context, one.reading, pair.key, pair.one),
            _measure(context, other.reading, pair.key, pair.other),
        )
        for pair in pairs
    ]
    return Comparison(one, other, slices, dice_of(pairs))


def _measure(context: Context, reading: Reading, key: SliceKey, mask: Mask | None) -> SliceMeasure | None:
    """By the reading's own geometry: a typed thickness that was signed counts there alone."""
    if mask is None:
        return None
    one = next(each for each in reading.slices if each.key == key)
    return measure_slice(one, mask, context.recipe_of(reading).density_g_per_ml)
