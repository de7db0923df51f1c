"""A reading's segments and methods as rows of tables of their own, each with patient and recipe as the slices' rows."""

import uuid
from enum import StrEnum
from typing import Any

from scarmass.domain.errors import Conflict, ContoursMissing, Fact, PixelsUndecodable, StackTooLarge
from scarmass.domain.reading import Reading
from scarmass.domain.segments17 import AhaSegment, segments17
from scarmass.domain.stack import Stack
from scarmass.services.context import Context
from scarmass.services.readings.export import common_columns, mass_columns, no_reflow_columns, rounded
from scarmass.services.readings.methods import NO_CONTOURS, ByMethod
from scarmass.services.readings.report_parts import NotCompared, methods_compared
from scarmass.services.readings.segments17 import wall_of
from scarmass.storage import readings, stacks

Rows = list[dict[str, Any]]

FACTS: dict[NotCompared, Fact] = {
    NotCompared.NO_CONTOURS: ContoursMissing(NO_CONTOURS),
    NotCompared.NO_IMAGES: PixelsUndecodable("an image of the reading is not at hand"),
    NotCompared.TOO_LARGE: StackTooLarge("the stack is too large to compare methods on it for an export"),
}


class TableOf(StrEnum):
    """What a table of a reading has rows of. SLICES: and their total."""

    SLICES = "slices"
    SEGMENTS = "segments"
    METHODS = "methods"


def rows_of(context: Context, reading_id: uuid.UUID, of: TableOf) -> Rows:
    """The rows of the segments, or of the methods.

    Raises ReadingNotFound, ContoursMissing, LandmarksMissing, LandmarksNotApart, PixelsUndecodable, StackTooLarge.
    """
    reading, stack = _found(context, reading_id)
    return _segments(context, reading, stack) if of is TableOf.SEGMENTS else _methods(context, reading, stack)


def other_tables(context: Context, reading_id: uuid.UUID) -> dict[str, Rows]:
    """Segments and methods, by name; without rows where they cannot be told. Raises ReadingNotFound."""
    reading, stack = _found(context, reading_id)
    found: dict[str, Rows] = {}
    for of, rows in ((TableOf.SEGMENTS, _segments), (TableOf.METHODS, _methods)):
        try:
            found[of.value] = rows(context, reading, stack)
        except (Conflict, PixelsUndecodable, StackTooLarge):
            found[of.value] = []
    return found


def _found(context: Context, reading_id: uuid.UUID) -> tuple[Reading, Stack]:
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
        return reading, stacks.get_stack(session, reading.stack_id)


def _segments(context: Context, reading: Reading, stack: Stack) -> Rows:
    recipe = context.recipe_of(reading)
    common = common_columns(recipe, reading, stack)
    told = segments17(wall_of(reading), reading.landmarks, recipe.density_g_per_ml)
    return [rounded({**common, **_segment_columns(one)}) for one in told.segments]


def _segment_columns(one: AhaSegment) -> dict[str, Any]:
    kind = one.transmurality_class
    return {
        "segment": one.segment,
        "segment_name": one.name,
        "level": one.level.value,
        "assessed": one.is_assessed,
        "area_mm2": one.area_mm2,
        **mass_columns(one.mass),
        **{f"lge_myocardium_{name}": value for name, value in mass_columns(one.myocardium_mass).items()},
        "percent_scar": one.percent_scar,
        "percent_extent": one.percent_extent,
        "transmurality_percent": one.transmurality,
        # With its unit: a spreadsheet takes 1-25 for a day in January.
        "transmurality_class": "" if kind is None else f"{kind} %",
        "viability": None if one.viability is None else one.viability.value,
        **no_reflow_columns(one.no_reflow_mass),
    }


def _methods(context: Context, reading: Reading, stack: Stack) -> Rows:
    signature = reading.record.signature
    compared = methods_compared(context, reading, stack.contrast if signature is None else signature.contrast)
    if compared.because is not None:
        raise FACTS[compared.because]
    common = common_columns(context.recipe_of(reading), reading, stack)
    return [rounded({**common, **_method_columns(by)}) for by in compared.methods]


def _method_columns(by: ByMethod) -> dict[str, Any]:
    return {
        "method": by.method.key,
        "method_label": by.method.label,
        **mass_columns(by.mass),
        "percent_of_myocardium": by.percent_of_myocardium,
        "difference_g": by.difference_g,
        "slices_measured": sum(one.mask is not None for one in by.slices),
        "slices": len(by.slices),
        "not_measured_because": by.because or "",
    }
