"""Readings signed and amended, compared with others of their stack, and the time that they took."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from scarmass.api.dependencies import CanRead, CanSign, CanView, CurrentReader, InContext, PathUid
from scarmass.api.schemas.comparison import Comparison, StackReadings
from scarmass.api.schemas.readings import Reading
from scarmass.api.schemas.signing import SignRequest, Work, WorkRequest
from scarmass.services.readings import sign as signing
from scarmass.services.readings.compare import compare
from scarmass.services.readings.load import readings_of_stack
from scarmass.services.readings.work import add_work

router = APIRouter(prefix="/api/v1", tags=["readings"])


@router.post("/readings/{reading_id}/sign")
def sign_reading(
    reading_id: uuid.UUID, request: SignRequest, _: CanSign, context: InContext, reader: CurrentReader
) -> Reading:
    """The reading, signed. Every slice that is not excluded must be decided; a signed reading takes no edit."""
    signed = signing.sign(context, reading_id, request.client_id, request.expected_revision, reader)
    return Reading.made_from(context, signed)


@router.post("/readings/{reading_id}/amend")
def amend_reading(
    reading_id: uuid.UUID, request: SignRequest, _: CanSign, context: InContext, reader: CurrentReader
) -> Reading:
    """A new draft on top of a signed reading, with its contents and its history; the signed one stays as it was."""
    amended = signing.amend(context, reading_id, request.client_id, request.expected_revision, reader)
    return Reading.made_from(context, amended)


@router.post("/readings/{reading_id}/work")
def work_on_reading(
    reading_id: uuid.UUID, request: WorkRequest, _: CanRead, context: InContext, reader: CurrentReader
) -> Work:
    """The reader worked on the reading for so long; the same piece again counts once."""
    return Work(seconds_of_work=add_work(context, reading_id, request.client_id, request.seconds, reader))


@router.get("/readings/{reading_id}/compare")
def compare_readings(
    reading_id: uuid.UUID, _: CanView, context: InContext, other_id: Annotated[uuid.UUID, Query(alias="with")]
) -> Comparison:
    """Two readings of one stack, slice by slice: Dice, grams by both extents, and their difference."""
    return Comparison.of(compare(context, reading_id, other_id))


@router.get("/stacks/{stack_id}/readings")
def list_readings(stack_id: PathUid, _: CanView, context: InContext) -> StackReadings:
    """Every reading of the stack, of all readers and versions, the first one first."""
    return StackReadings.of(readings_of_stack(context, stack_id))
