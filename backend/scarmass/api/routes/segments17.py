"""Where a reading's scar lies: its 17 segments, their levels, and their bull's-eye."""

import uuid

from fastapi import APIRouter, Response

from scarmass.api.dependencies import CanView, InContext
from scarmass.api.schemas.landmarks import Insertions, PlaceOnSlice
from scarmass.api.schemas.pattern import PatternTold, ProposedPattern, StatedPattern
from scarmass.api.schemas.segments17 import LevelsTold, Segment17
from scarmass.services.readings.bulls_eye import Shown, bulls_eye
from scarmass.services.readings.segments17 import layers_of_reading, proposed_landmarks, segments_of

router = APIRouter(prefix="/api/v1/readings/{reading_id}", tags=["readings"])


@router.get("/segments17")
def get_segments17(reading_id: uuid.UUID, _: CanView, context: InContext) -> list[Segment17]:
    """The segments of the AHA model in order; 17, the apex, is not assessed on a short-axis stack."""
    return [Segment17.of(each) for each in segments_of(context, reading_id).segments]


@router.get("/segments17/levels")
def get_levels(reading_id: uuid.UUID, _: CanView, context: InContext) -> LevelsTold:
    """Which slices are base, mid and apical, and how base and apex were told."""
    return LevelsTold.of(segments_of(context, reading_id))


@router.get("/landmarks/proposed")
def get_proposed_landmarks(reading_id: uuid.UUID, _: CanView, context: InContext) -> Insertions:
    """Where the insertion points are likely, from how the images lie in the patient; null where that does not tell."""
    anterior, inferior = proposed_landmarks(context, reading_id) or (None, None)
    return Insertions(
        anterior_insertion=anterior and PlaceOnSlice.of(anterior),
        inferior_insertion=inferior and PlaceOnSlice.of(inferior),
    )


@router.get("/pattern")
def get_pattern(reading_id: uuid.UUID, _: CanView, context: InContext) -> PatternTold:
    """The pattern of the enhancement: as a reader stated it, and as it is proposed from where scar lies in the wall."""
    reading, layers = layers_of_reading(context, reading_id)
    return PatternTold(
        revision=reading.revision,
        stated=StatedPattern.of(reading.pattern),
        proposed=None if layers is None else ProposedPattern.of(layers),
    )


@router.get(
    "/bulls_eye",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
def get_bulls_eye(reading_id: uuid.UUID, _: CanView, context: InContext, shown: Shown = Shown.PERCENT_SCAR) -> Response:
    """The bull's-eye, each segment a group with data-segment and a title."""
    svg = bulls_eye(segments_of(context, reading_id).segments, shown, context.mass_extent)
    return Response(svg, media_type="image/svg+xml; charset=utf-8")
