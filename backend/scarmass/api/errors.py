"""The one table: each kind of fact to its HTTP status, answered in the form of RFC 9457."""

import logging
import re
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from scarmass.api.routes import pages
from scarmass.api.schemas.common import Problem
from scarmass.domain import errors

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5

STATUS: dict[type[errors.Fact], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.NotFound: 404,
    errors.Unavailable: 503,
    errors.Excessive: 429,
    errors.Full: 507,
}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "Problem details (RFC 9457)",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status in (400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429, 503, 507)
}


def problem(status: int, name: str, title: str, detail: str, **members: Any) -> JSONResponse:
    """A problem+json answer; name ends the type URN that programs switch on."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
    body = {"type": f"urn:scarmass:problem:{name}", "title": title, "status": status, "detail": detail, **members}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Make every error of the app a problem; where a browser asked for a page, why it gets none is a page."""
    app.add_exception_handler(errors.Fact, _fact)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _fact(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.Fact)
    if isinstance(error, errors.Forbidden) and pages.is_page(request):
        return pages.forbidden(request)
    return fact_answer(error)


def fact_answer(error: errors.Fact) -> JSONResponse:
    """What a fact is answered with, where no exception handler reaches."""
    name = type(error).__name__
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    answer = problem(status_of(error), name, title, str(error))
    if isinstance(error, errors.Excessive):
        answer.headers["Retry-After"] = str(max(1, ceil(error.retry_after_s)))
    return answer


def status_of(error: errors.Fact) -> int:
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if pages.is_page(request) and any(e["loc"][0] == "path" for e in error.errors()):
        return pages.not_found(request)
    found = [{"at": "/".join(str(p) for p in e["loc"]), "reason": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{e['at']}: {e['reason']}" for e in found[:3])
    return problem(422, "RequestInvalid", "Request invalid", detail, errors=found[:50])


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and pages.is_page(request):
        return pages.not_found(request)
    answer = problem(error.status_code, "Http", str(error.detail), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error in %s", request.scope.get("route"), exc_info=error)
    return problem(500, "Unexpected", "Unexpected error", "the server's log says what happened")
