"""The pages; what is on them is fetched by their own scripts, but for the report, which is printed as it comes."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from scarmass.api.asking import asking_of, own_path
from scarmass.api.dependencies import CanAdminister, CanView, InContext, SignedIn
from scarmass.api.static_files import STATIC, STATIC_FILES
from scarmass.domain.access import Permission
from scarmass.domain.errors import ReadingNotFound
from scarmass.domain.login import Login
from scarmass.domain.reading import ReadingState
from scarmass.domain.report_text import LONGEST_FINDING, LONGEST_REMARKS
from scarmass.paths import FRONTEND
from scarmass.services.readings.finding import proposed_finding
from scarmass.services.readings.report import report_of
from scarmass.services.readings.report_pages import to_html
from scarmass.services.readings.report_sheet import sheet_of
from scarmass.services.readings.words import Language, words_in


def _files(_: Request) -> dict[str, Any]:
    """Where every page finds its own files."""
    return {"static": STATIC_FILES.prefix()}


def _signed_in(request: Request) -> dict[str, Any]:
    """What every page is told: who signed in, None where nobody did or has to, and what they may."""
    asking = asking_of(request)
    if asking is None:
        return {"person": None, "has_password": False, "permissions": frozenset(Permission)}
    has_password = asking.session is not None and asking.session.is_local
    return {"person": asking.person, "has_password": has_password, "permissions": asking.person.permissions}


templates = Jinja2Templates(FRONTEND / "templates", context_processors=[_files, _signed_in])
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def worklist(person: SignedIn, request: Request) -> Response:
    if not person.may(Permission.VIEW) and person.may(Permission.ADMINISTER):
        return RedirectResponse("/people", 303)
    return templates.TemplateResponse(request, "worklist.html")


@router.get("/stacks/{stack_id}")
def reading(stack_id: str, _: SignedIn, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "reading.html", {"stack_id": stack_id})


@router.get("/reader-studies")
def reader_studies(_: SignedIn, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "reader_studies.html")


@router.get("/reader-studies/{study_id}")
def reader_study(study_id: uuid.UUID, _: SignedIn, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "reader_study.html", {"study_id": str(study_id)})


@router.get("/pacs")
def pacs(_: SignedIn, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "pacs.html")


@router.get("/audit")
def audit(_: CanAdminister, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "audit.html")


@router.get("/people")
def people(_: CanAdminister, request: Request, context: InContext) -> HTMLResponse:
    has_accounts = context.login is not None and context.login.local_accounts
    return templates.TemplateResponse(request, "people.html", {"has_accounts": has_accounts})


@router.get("/readings/{reading_id}/report")
def report(
    reading_id: uuid.UUID,
    request: Request,
    person: CanView,
    context: InContext,
    language: Language = Language.ENGLISH,
    asks: bool = False,
) -> HTMLResponse:
    """The printable report, with what its reader writes into it. asks: whether models are asked for the spread."""
    try:
        found = report_of(context, reading_id, asks=asks)
    except ReadingNotFound:
        return not_found(request)
    page = to_html(
        sheet_of(found, language),
        context.report_templates,
        static=STATIC_FILES.prefix(),
        reading_id=str(reading_id),
        person_id="" if context.login is None else str(person.person_id),
        stack_id=found.stack.stack_id,
        languages={one.value: words_in(one)("language") for one in Language},
        is_spread_asked=found.spread is None and found.reading.state is ReadingState.DRAFT,
        is_signed=found.signature is not None,
        image_quality="" if found.text is None or found.text.quality is None else found.text.quality.value,
        text_number=0 if found.text is None else found.text.number,
        own_finding="" if found.text is None else found.text.finding,
        proposed_finding=proposed_finding(found, words_in(language)),
        longest_finding=LONGEST_FINDING,
        longest_remarks=LONGEST_REMARKS,
    )
    return HTMLResponse(page)


def is_page(request: Request) -> bool:
    """Does a browser ask for a page, rather than a program for an answer of the API?"""
    is_program = request.scope["path"].startswith(("/api/", "/dicomweb/", f"{STATIC}/"))
    return not is_program and "text/html" in request.headers.get("accept", "")


def not_found(request: Request) -> HTMLResponse:
    reason = "Nothing is kept at this address. A study or a reading is found in the worklist."
    return _refused(request, 404, "There is no such page", reason)


def forbidden(request: Request) -> HTMLResponse:
    reason = "Your roles do not include it. An administrator can give you another one."
    return _refused(request, 403, "This page is not yours to open", reason)


def _refused(request: Request, status: int, title: str, reason: str) -> HTMLResponse:
    shown = {"title": title, "reason": reason}
    return templates.TemplateResponse(request, "refused.html", shown, status_code=status)


@router.get("/login")
def login(
    request: Request,
    context: InContext,
    next: Annotated[str, Query(max_length=2048)] = "/",
    ended: bool = False,
) -> HTMLResponse:
    """Where whoever is not signed in is sent, and from where they go on to `next`. ended: whether they were before."""
    return login_page(request, context.login, next, "Your session ended. Sign in to go on." if ended else "")


def login_page(
    request: Request, terms: Login | None, next: str = "/", reason: str = "", status: int = 200
) -> HTMLResponse:
    """reason: why somebody has to sign in again, or why a sign-in at the provider came to nothing."""
    shown = {"login": terms, "next": own_path(next), "reason": reason}
    return templates.TemplateResponse(request, "login.html", shown, status_code=status)


@router.get("/docs")
def docs(_: SignedIn, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "docs.html")
