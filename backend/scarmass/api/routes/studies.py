"""Upload, worklist and study."""

import asyncio
import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from scarmass.api.costly import Uploads, declared_bytes, watching
from scarmass.api.dependencies import CanManage, CanStore, CanView, CurrentReader, InContext, PathUid
from scarmass.api.errors import problem
from scarmass.api.multipart import Files, receive_files
from scarmass.api.schemas.priors import Priors
from scarmass.api.schemas.studies import (
    Intake,
    Rejected,
    Study,
    StudyChange,
    TrainingConsent,
    TrainingConsentChange,
    Worklist,
)
from scarmass.domain.stack import StudyHeader
from scarmass.domain.worklist import ListedStudy
from scarmass.services.context import Context
from scarmass.services.intake import take_in_upload
from scarmass.services.readings.load import readings_of
from scarmass.services.readings.priors import priors_of
from scarmass.services.readings.segmentations import count_by_study
from scarmass.services.stacks import get_study, page_of_studies, set_removed, set_study_group, set_training_consent
from scarmass.storage.files import storage_full_is_a_fact

router = APIRouter(prefix="/api/v1/studies", tags=["studies"])

UPLOAD_THREADS = ThreadPoolExecutor(4, thread_name_prefix="uploads")
"""However many uploads wait to be read, other requests find the thread pool free."""

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


@router.post("", status_code=201, response_model=Intake, openapi_extra=UPLOAD_BODY, dependencies=[Uploads])
async def upload_studies(
    request: Request,
    _: CanStore,
    context: InContext,
    study_group: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
) -> Intake | JSONResponse:
    """Store DICOM instances or .zip archives of them; what cannot be used is refused by name and reason.

    study_group: of studies that are new. Who sees one group alone need not say it.
    """
    with storage_full_is_a_fact(), context.files.incoming(declared_bytes(request)) as incoming:
        try:
            sent = await receive_files(request.headers, request.stream(), incoming.folder / "body")
        except ClientDisconnect as error:
            raise HTTPException(400, "the connection was lost before the upload was whole") from error
        if not sent.parts:
            return problem(422, "RequestInvalid", "Request invalid", "send at least one file in the field “files”")
        abandoned = threading.Event()
        with watching(request, abandoned):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(UPLOAD_THREADS, _take_in, context, sent, abandoned, study_group)


def _take_in(
    context: Context, sent: Files, abandoned: threading.Event, study_group: str | None
) -> Intake | JSONResponse:
    with sent.path.open("rb") as file:
        intake = take_in_upload(context, sent.opened(file), sent.size, abandoned, study_group=study_group)
    rejected = [Rejected(name=refused.name, reason=refused.reason) for refused in intake.rejected]
    if not intake.studies and not intake.segmentations:
        shown = [refused.model_dump() for refused in rejected]
        return problem(422, "ObjectRefused", "Object refused", "none of the files could be used", rejected=shown)
    studies = _with_readings(context, intake.studies)
    return Intake(
        studies=studies,
        rejected=rejected,
        stored=intake.stored,
        already_here=intake.already_here,
        segmentations=intake.segmentations,
    )


@router.get("")
def list_studies(
    _: CanView,
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
def show_study(study_instance_uid: PathUid, _: CanView, context: InContext) -> Study:
    return _with_readings(context, [get_study(context, study_instance_uid)])[0]


@router.get("/{study_instance_uid}/priors")
def list_priors(study_instance_uid: PathUid, _: CanView, context: InContext) -> Priors:
    """Earlier studies of the same patient that have late enhancement, the newest first."""
    return Priors.of(priors_of(context, study_instance_uid))


@router.patch("/{study_instance_uid}")
def change_study(
    study_instance_uid: PathUid, change: StudyChange, _: CanManage, context: InContext, reader: CurrentReader
) -> Study:
    """Take a study off the worklist or bring it back, or let another study group see it.

    Who did it and when is recorded; its readings stay.
    """
    if change.removed is not None:
        set_removed(context, study_instance_uid, reader, change.removed)
    if change.study_group is not None:
        set_study_group(context, study_instance_uid, reader, change.study_group)
    return _with_readings(context, [get_study(context, study_instance_uid)])[0]


@router.put("/{study_instance_uid}/training-consent")
def set_consent(
    study_instance_uid: PathUid, change: TrainingConsentChange, _: CanManage, context: InContext, reader: CurrentReader
) -> TrainingConsent:
    """Say whether models may learn from the study: not asked, given, or withdrawn, which is for good."""
    return TrainingConsent.of(set_training_consent(context, study_instance_uid, reader, change.state))


def _with_readings(context: Context, studies: list[ListedStudy]) -> list[Study]:
    found = readings_of(context, studies)
    counts = count_by_study(context, [study.header.study_instance_uid for study in studies])
    return [Study.of(study, found, counts.get(study.header.study_instance_uid, 0)) for study in studies]


def _write_cursor(row: StudyHeader) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.study_date, row.study_instance_uid]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        study_date, study_instance_uid = json.loads(base64.urlsafe_b64decode(cursor))
        if b"\x00" in study_date.encode() + study_instance_uid.encode():
            raise ValueError("text cannot hold NUL")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise HTTPException(422, "this cursor did not come from here") from error
    return study_date, study_instance_uid
