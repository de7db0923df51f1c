"""The 17 segments of a reading: where its scar lies."""

import uuid

from scarmass.domain.errors import ContoursMissing
from scarmass.domain.insertions import proposed_insertions
from scarmass.domain.landmarks import Place
from scarmass.domain.layers import LayersOfScar, layers_of
from scarmass.domain.reading import Reading
from scarmass.domain.segments17 import NO_CONTOURS, Segments17, segments17
from scarmass.domain.structures import Structure
from scarmass.domain.wall import WallSlice
from scarmass.services.context import Context
from scarmass.storage import readings


def segments_of(context: Context, reading_id: uuid.UUID) -> Segments17:
    """The segments as the reading is now.

    Raises ReadingNotFound, ContoursMissing, LandmarksMissing, LandmarksNotApart.
    """
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
    return segments17(wall_of(reading), reading.landmarks, context.recipe_of(reading).density_g_per_ml)


def proposed_landmarks(context: Context, reading_id: uuid.UUID) -> tuple[Place, Place] | None:
    """(anterior, inferior) insertion point, None where the images' orientation tells none.

    Raises ReadingNotFound, ContoursMissing.
    """
    with context.database.transaction() as session:
        wall = wall_of(readings.get_reading(session, reading_id))
    if not wall:
        raise ContoursMissing(NO_CONTOURS)
    return proposed_insertions(wall)


def layers_of_reading(context: Context, reading_id: uuid.UUID) -> tuple[Reading, LayersOfScar | None]:
    """The reading as it is now, and in which layer of the wall its scar lies. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        reading = readings.get_reading(session, reading_id)
    return reading, layers_of(wall_of(reading))


def wall_of(reading: Reading) -> list[WallSlice]:
    """The slices that count and have the contours of the ventricle and its blood pool, in order."""
    ventricles, pools, scars, cores = (
        reading.masks(structure)
        for structure in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL, Structure.SCAR, Structure.NO_REFLOW)
    )
    return [
        WallSlice(one, ventricles[one.key], pools[one.key], scars.get(one.key), cores.get(one.key))
        for one in reading.slices
        if one.key in ventricles and one.key in pools and ventricles[one.key].any()
    ]
