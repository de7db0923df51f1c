"""Readings: opened and edited."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from scarmass.api.costly import AsksModels, AsksModelsWhileWaiting
from scarmass.api.dependencies import CanRead, CanView, CurrentReader, InContext, PathUid, WithEmbeddingAhead
from scarmass.api.schemas.common import SliceName
from scarmass.api.schemas.edits import EditRequest, History
from scarmass.api.schemas.readings import EditAnswer, OpenReading, Reading
from scarmass.api.schemas.spread import Spread
from scarmass.services.readings import open as opening
from scarmass.services.readings.edit import apply_edit
from scarmass.services.readings.load import load_reading, past_edits
from scarmass.services.readings.spread import spread_of

router = APIRouter(prefix="/api/v1", tags=["readings"])


@router.post(
    "/stacks/{stack_id}/readings",
    status_code=201,
    responses={200: {"model": Reading, "description": "The stack's draft, opened before"}},
)
def open_reading(
    stack_id: PathUid,
    request: OpenReading,
    _: CanRead,
    context: InContext,
    embedding_ahead: WithEmbeddingAhead,
    response: Response,
    reader: CurrentReader,
) -> Reading:
    """The stack's reading, or the reader's own of it; a new one begins to be prepared in the background.

    All readers share the stack's. A reader gets their own where they ask for it, and where another one signed it.
    """
    reading_id, is_new = opening.open_reading(context, stack_id, request.client_id, reader, request.own)
    if not is_new:
        embedding_ahead.start(reading_id)
    response.status_code = 201 if is_new else 200
    return Reading.made_from(context, load_reading(context, reading_id))


@router.get("/readings/{reading_id}")
def get_reading(reading_id: uuid.UUID, _: CanView, context: InContext) -> Reading:
    return Reading.made_from(context, load_reading(context, reading_id))


@router.post("/readings/{reading_id}/edits", dependencies=[AsksModels])
def add_edit(
    reading_id: uuid.UUID, request: EditRequest, _: CanRead, context: InContext, reader: CurrentReader
) -> EditAnswer:
    """Append one edit; it is committed before this answers."""
    return EditAnswer.made_from(context, apply_edit(context, reading_id, request.to_domain(), reader))


@router.get("/readings/{reading_id}/edits")
def list_edits(
    reading_id: uuid.UUID,
    _: CanView,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> History:
    """Who changed what and when, the newest first."""
    return History.of(past_edits(context, reading_id), limit, cursor)


@router.get("/readings/{reading_id}/spread", dependencies=[AsksModelsWhileWaiting])
def get_spread(reading_id: uuid.UUID, _: CanView, context: InContext) -> Spread:
    """How unsure the mass of scar is, and which slices to check first; where it is not known yet, models are asked."""
    return Spread.of(spread_of(context, reading_id))


@router.post("/readings/{reading_id}/look", status_code=204)
def look(reading_id: uuid.UUID, request: SliceName, _: CanRead, context: InContext) -> None:
    """The reader looks at this slice: while the reading is prepared, it comes next."""
    opening.look(context, reading_id, request.key)
