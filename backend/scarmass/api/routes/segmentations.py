"""Segmentations that others made: listed, looked at on a stack, and taken as a reading to correct."""

from fastapi import APIRouter, Response

from scarmass.api.dependencies import CanRead, CanView, CurrentReader, InContext, PathUid
from scarmass.api.schemas.readings import Reading
from scarmass.api.schemas.segmentations import FromSegmentation, SegmentationOnStack, Segmentations
from scarmass.services.readings.load import load_reading
from scarmass.services.readings.segmentations import (
    read_from_segmentation,
    segmentation_on_stack,
    segmentations_of,
)

router = APIRouter(prefix="/api/v1", tags=["segmentations"])


@router.get("/studies/{study_instance_uid}/segmentations")
def list_segmentations(study_instance_uid: PathUid, _: CanView, context: InContext) -> Segmentations:
    """The study's SEG and RTSTRUCT objects with their segments, in the order in which they came."""
    return Segmentations.of(segmentations_of(context, study_instance_uid))


@router.get("/stacks/{stack_id}/segmentations/{sop_instance_uid}")
def get_segmentation(
    stack_id: PathUid, sop_instance_uid: PathUid, _: CanView, context: InContext
) -> SegmentationOnStack:
    """How much of the stack each segment is drawn on, and what would be left out, turned or resampled."""
    return SegmentationOnStack.of(*segmentation_on_stack(context, stack_id, sop_instance_uid))


@router.post(
    "/stacks/{stack_id}/readings/from-segmentation",
    status_code=201,
    responses={200: {"model": Reading, "description": "A reading that was there before has the masks now"}},
)
def open_from_segmentation(
    stack_id: PathUid,
    request: FromSegmentation,
    _: CanRead,
    context: InContext,
    response: Response,
    reader: CurrentReader,
) -> Reading:
    """A reading whose masks are the segmentation's, as one edit that can be undone; every slice is still to be decided.

    It is the stack's reading where there is none yet, else the reader's own.
    """
    meanings = request.meanings
    answer, is_new = read_from_segmentation(
        context, stack_id, request.client_id, request.sha256, request.sop_instance_uid, meanings, reader
    )
    response.status_code = 201 if is_new else 200
    return Reading.made_from(context, load_reading(context, answer.reading.id))
