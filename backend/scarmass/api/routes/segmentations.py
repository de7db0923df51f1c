"""Segmentations that others made: listed, looked at on a stack, and taken as a reading to correct."""

import uuid

from fastapi import APIRouter, Response

from scarmass.api.dependencies import CanRead, CanView, CurrentReader, InContext, PathUid
from scarmass.api.schemas.readings import Reading
from scarmass.api.schemas.segmentations import FromSegmentation, SegmentationOnStack, Segmentations
from scarmass.services.readings.load import load_reading
from scarmass.services.readings.segmentations import (
    Taking,
    read_from_segmentation,
    segmentation_on_stack,
    segmentations_of,
    take_over_segmentation,
)

router = APIRouter(prefix="/api/v1", tags=["segmentations"])


@router.get("/studies/{study_instance_uid}/segmentations")
def list_segmentations(study_instance_uid: PathUid, _: CanView, context: InContext) -> Segmentations:
    """The study's SEG and RTSTRUCT objects with their segments, in the order in which they came."""
    return Segmentations.of(segmentations_of(context, study_instance_uid))


@router.get("/stacks/{stack_id}/segmentations/{sop_instance_uid}")
def get_segmentation(
    stack_id: PathUid,
    sop_instance_uid: PathUid,
    _: CanView,
    context: InContext,
    reading_id: uuid.UUID | None = None,
) -> SegmentationOnStack:
    """How much of the stack, or of a reading of it, each segment is drawn on, and what would be left out, turned or
    resampled."""
    return SegmentationOnStack.of(*segmentation_on_stack(context, stack_id, sop_instance_uid, reading_id))


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

    It is the reading that the request names; else the stack's where there is none yet, or the reader's own.
    """
    taking, into = Taking(request.client_id, request.sha256, request.sop_instance_uid, request.meanings), request.into
    if into is not None:
        response.status_code = 200
        taken = take_over_segmentation(context, stack_id, taking, into.reading_id, into.expected_revision, reader)
        return Reading.made_from(context, taken)
    answer, is_new = read_from_segmentation(context, stack_id, taking, reader)
    response.status_code = 201 if is_new else 200
    return Reading.made_from(context, load_reading(context, answer.reading.id))
