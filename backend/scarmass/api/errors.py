"""The one table: a fact of the domain to an HTTP answer, in the form of RFC 9457."""

import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from scarmass.api.schemas.common import Problem
from scarmass.domain import errors

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5

STATUS: dict[type[errors.Fact], int] = {
    errors.GeometryInvalid: 422,
    errors.SlicesNotParallel: 422,
    errors.PositionsNotDistinct: 422,
    errors.PromptInvalid: 422,
    errors.PromptOutsideImage: 422,
    errors.MaskMalformed: 422,
    errors.MaskShapeMismatch: 422,
    errors.ObjectRefused: 422,
    errors.PixelsUndecodable: 422,
    errors.SliceNotInStack: 422,
    errors.StandInvalid: 422,
    errors.InstanceConflict: 409,
    errors.RevisionStale: 409,
    errors.ClientIdReused: 409,
    errors.NothingToUndo: 409,
    errors.NothingToRedo: 409,
    errors.NothingToAccept: 409,
    errors.NothingToPropose: 409,
    errors.NotExcluded: 409,
    errors.StudyNotFound: 404,
    errors.StackNotFound: 404,
    errors.SliceNotFound: 404,
    errors.ReadingNotFound: 404,
    errors.DeviceOutOfMemory: 503,
    errors.DatabaseUnavailable: 503,
    errors.WeightsInvalid: 503,
    errors.WeightsMissing: 503,
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "Problem details (RFC 9457)",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status in (400, 404, 405, 409, 413, 422, 503)
}


def problem(status: int, kind: str, title: str, detail: str, **members: Any) -> JSONResponse:
    """A problem+json answer; kind becomes the type URN that programs switch on."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
    body = {"type": f"urn:scarmass:problem:{kind}", "title": title, "status": status, "detail": detail, **members}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Make every error of the app a problem."""
    app.add_exception_handler(errors.Fact, _fact)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _fact(_: Request, error: Exception) -> JSONResponse:
    kind = type(error).__name__
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).capitalize()
    return problem(STATUS[type(error)], kind, title, str(error))  # type: ignore[index]


def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [{"at": "/".join(str(p) for p in e["loc"]), "reason": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['at']}: {e['reason']}" for e in found[:3])
    return problem(422, "RequestInvalid", "Request invalid", detail, errors=found[:50])


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, "Http", str(error.detail), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error in %s", request.scope.get("route"), exc_info=error)
    return problem(500, "Unexpected", "Unexpected error", "the server's log says what happened")
