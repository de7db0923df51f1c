"""Upload, worklist and study."""

import base64
import json
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from scarmass.api import answers
from scarmass.api.dependencies import InContext, PathUid
from scarmass.api.errors import problem
from scarmass.api.guard import BodyTooLarge
from scarmass.api.schemas import common as schemas
from scarmass.services.context import Context
from scarmass.services.intake import take_in
from scarmass.storage import readings, studies
from scarmass.storage.tables import StudyRow

router = APIRouter(prefix="/api/v1/studies", tags=["studies"])

MAX_FILES = 50_000
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "DICOM instances or .zip archives",
                        }
                    },
                }
            }
        },
    }
}


async def _form(request: Request) -> FormData:
    """The multipart body, spooled to disk. Parsed here because a study may have more files than the default allows."""
    try:
        return await request.form(max_files=MAX_FILES, max_fields=16)
    except BodyTooLarge:
        raise
    except HTTPException as error:
        raise HTTPException(422, error.detail) from error
    except UnicodeError as error:
        raise HTTPException(422, "the charset of the body cannot be read") from error


@router.post("", status_code=201, response_model=schemas.Intake, openapi_extra=UPLOAD_BODY)
def upload_studies(form: Annotated[FormData, Depends(_form)], context: InContext) -> schemas.Intake | JSONResponse:
    """Store DICOM instances or .zip archives of them; what cannot be used is refused by name and reason."""
    sent = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
    if not sent:
        return problem(422, "RequestInvalid", "Request invalid", "send at least one file in the field “files”")
    named: list[tuple[str, BinaryIO]] = [(part.filename or "unnamed", part.file) for part in sent]
    intake = take_in(context.database, context.files, named)
    rejected = [schemas.Rejected(name=refused.name, reason=refused.reason) for refused in intake.rejected]
    if not intake.studies:
        shown = [refused.model_dump() for refused in rejected]
        return problem(422, "ObjectRefused", "Object refused", "none of the files could be used", rejected=shown)
    return schemas.Intake(studies=_with_readings(context, intake.studies), rejected=rejected)


@router.get("")
def list_studies(
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> schemas.Worklist:
    """The worklist, newest study first."""
    after = None if cursor is None else _read_cursor(cursor)
    with context.database.transaction() as session:
        rows = studies.page_of_studies(session, limit + 1, after)
    page, more = rows[:limit], len(rows) > limit
    return schemas.Worklist(
        studies=_with_readings(context, page), next_cursor=_write_cursor(page[-1]) if more else None
    )


@router.get("/{study_instance_uid}")
def get_study(study_instance_uid: PathUid, context: InContext) -> schemas.Study:
    with context.database.transaction() as session:
        row = studies.get_study(session, study_instance_uid)
    return _with_readings(context, [row])[0]


def _with_readings(context: Context, rows: list[StudyRow]) -> list[schemas.Study]:
    stack_ids = [stack.stack_id for row in rows for stack in row.stacks]
    with context.database.transaction() as session:
        reading_ids = readings.readings_of_stacks(session, stack_ids)
    return [answers.study(row, reading_ids) for row in rows]


def _write_cursor(row: StudyRow) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.study_date, row.study_instance_uid]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        study_date, study_instance_uid = json.loads(base64.urlsafe_b64decode(cursor))
        if b"\x00" in study_date.encode() + study_instance_uid.encode():
            raise ValueError("text cannot hold NUL")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise HTTPException(422, "this cursor did not come from here") from error
    return study_date, study_instance_uid
