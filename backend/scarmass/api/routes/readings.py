"""Readings: opened, edited, exported."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from scarmass.api import answers
from scarmass.api.dependencies import CurrentReader, InContext, PathUid, WithPreparer
from scarmass.api.schemas import common as schemas
from scarmass.api.schemas import readings as reading_schemas
from scarmass.domain.prompts import Box, Point
from scarmass.services.readings.edit import Edit, apply_edit
from scarmass.services.readings.export import export_rows, file_name, to_csv
from scarmass.services.readings.reading import load_reading, past_edits

router = APIRouter(prefix="/api/v1", tags=["readings"])


@router.post(
    "/stacks/{stack_id}/readings",
    status_code=201,
    responses={200: {"model": reading_schemas.Reading, "description": "The stack's draft, opened before"}},
)
def open_reading(
    stack_id: PathUid,
    request: reading_schemas.OpenReading,
    context: InContext,
    preparer: WithPreparer,
    response: Response,
) -> reading_schemas.Reading:
    """The stack's draft reading; a new one begins to be prepared in the background."""
    reading_id, is_new = preparer.open(stack_id, request.client_id)
    response.status_code = 201 if is_new else 200
    return answers.reading(context, load_reading(context, reading_id))


@router.get("/readings/{reading_id}")
def get_reading(reading_id: uuid.UUID, context: InContext) -> reading_schemas.Reading:
    return answers.reading(context, load_reading(context, reading_id))


@router.post("/readings/{reading_id}/edits")
def add_edit(
    reading_id: uuid.UUID, request: reading_schemas.EditRequest, context: InContext, reader: CurrentReader
) -> reading_schemas.EditAnswer:
    """Append one edit; it is committed before this answers."""
    edit = Edit(
        client_id=request.client_id,
        expected_revision=request.expected_revision,
        kind=request.kind,
        slice=None if request.sop_instance_uid is None else (request.sop_instance_uid, request.frame_number),
        boxes=tuple(Box(b.x0, b.y0, b.x1, b.y1) for b in request.boxes),
        points=tuple(Point(p.x, p.y, p.positive) for p in request.points),
        mask=None if request.mask is None else request.mask.model_dump(),
    )
    return answers.edit(context, apply_edit(context, reading_id, edit, reader))


@router.get("/readings/{reading_id}/edits")
def list_edits(
    reading_id: uuid.UUID,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> reading_schemas.History:
    """Who changed what and when, the newest first."""
    return answers.history(past_edits(context, reading_id), limit, cursor)


@router.post("/readings/{reading_id}/look", status_code=204)
def look(reading_id: uuid.UUID, request: schemas.SliceName, preparer: WithPreparer) -> None:
    """The reader looks at this slice: while the reading is prepared, it comes next."""
    preparer.look(reading_id, (request.sop_instance_uid, request.frame_number))


@router.get(
    "/readings/{reading_id}/export",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {}}}},
)
def export_reading(reading_id: uuid.UUID, context: InContext, format: Literal["csv", "json"] = "csv") -> Response:
    """The reading as a file; a draft says so in its name and in every row."""
    reading = load_reading(context, reading_id)
    rows = export_rows(context, reading)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(reading, format)}"'}
    if format == "json":
        return JSONResponse({"rows": rows}, headers=headers)
    return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
