"""Upload, worklist and study."""

import base64
import json
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from scarmass.api.dependencies import CurrentReader, InContext, PathUid
from scarmass.api.errors import problem
from scarmass.api.guard import BodyTooLarge
from scarmass.api.schemas.studies import Intake, Rejected, Study, StudyChange, Worklist
from scarmass.domain import stack as domain
from scarmass.services.context import Context
from scarmass.services.intake import take_in
from scarmass.services.readings.load import readings_of
from scarmass.services.stacks import get_study, page_of_studies, set_removed

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


@router.post("", status_code=201, response_model=Intake, openapi_extra=UPLOAD_BODY)
def upload_studies(form: Annotated[FormData, Depends(_form)], context: InContext) -> Intake | JSONResponse:
    """Store DICOM instances or .zip archives of them; what cannot be used is refused by name and reason."""
    sent = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
    if not sent:
        return problem(422, "RequestInvalid", "Request invalid", "send at least one file in the field “files”")
    named: list[tuple[str, BinaryIO]] = [(part.filename or "unnamed", part.file) for part in sent]
    intake = take_in(context.database, context.files, named)
    rejected = [Rejected(name=refused.name, reason=refused.reason) for refused in intake.rejected]
    if not intake.studies:
        shown = [refused.model_dump() for refused in rejected]
        return problem(422, "ObjectRefused", "Object refused", "none of the files could be used", rejected=shown)
    return Intake(studies=_with_readings(context, intake.studies), rejected=rejected)


@router.get("")
def list_studies(
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    removed: bool = False,
) -> Worklist:
    """The worklist, newest study first; or the studies that were taken off it."""
    after = None if cursor is None else _read_cursor(cursor)
    found = page_of_studies(context, limit + 1, after, removed)
    page, more = found[:limit], len(found) > limit
    return Worklist(studies=_with_readings(context, page), next_cursor=_write_cursor(page[-1].header) if more else None)


@router.get("/{study_instance_uid}")
def show_study(study_instance_uid: PathUid, context: InContext) -> Study:
    return _with_readings(context, [get_study(context, study_instance_uid)])[0]


@router.patch("/{study_instance_uid}")
def change_study(study_instance_uid: PathUid, change: StudyChange, context: InContext, reader: CurrentReader) -> Study:
    """Take a study off the worklist, or bring it back. Who did it and when is recorded; its readings stay."""
    return _with_readings(context, [set_removed(context, study_instance_uid, reader, change.removed)])[0]


def _with_readings(context: Context, studies: list[domain.Study]) -> list[Study]:
    found = readings_of(context, studies)
    return [Study.of(study, found) for study in studies]


def _write_cursor(row: domain.StudyHeader) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.study_date, row.study_instance_uid]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        study_date, study_instance_uid = json.loads(base64.urlsafe_b64decode(cursor))
        if b"\x00" in study_date.encode() + study_instance_uid.encode():
            raise ValueError("text cannot hold NUL")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise HTTPException(422, "this cursor did not come from here") from error
    return study_date, study_instance_uid
