"""The pages; everything on them is fetched by their own scripts."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from scarmass.paths import FRONTEND

templates = Jinja2Templates(FRONTEND / "templates")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def worklist(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "worklist.html")


@router.get("/stacks/{stack_id}")
def reading(stack_id: str, request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "reading.html", {"stack_id": stack_id})


def is_page(request: Request) -> bool:
    """Does a browser ask for a page, rather than a program for an answer of the API?"""
    path = request.url.path
    return not path.startswith(("/api/", "/static/")) and "text/html" in request.headers.get("accept", "")


def not_found(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "not_found.html", status_code=404)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "docs.html")
