"""Signing in at a provider: the browser is sent there, and comes back with a code."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from scarmass.api.asking import own_path, set_cookie
from scarmass.api.dependencies import InContext
from scarmass.api.errors import status_of
from scarmass.api.openid import Attempt, OpenId
from scarmass.api.origin import ELSEWHERE
from scarmass.api.routes.pages import login_page, templates
from scarmass.domain.errors import Fact, NoLogin
from scarmass.domain.login import Login, Provider
from scarmass.services.access import sessions
from scarmass.services.access.provider import person_of_claims
from scarmass.services.context import Context

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

CALLBACK = "/login/callback"
ATTEMPT_SECONDS = 600


@router.get("/login/provider")
async def begin(request: Request, context: InContext, next: Annotated[str, Query(max_length=2048)] = "/") -> Response:
    """Send the browser to the provider. next: the path of this server that it goes on to.

    Where another site's page sent it here, somebody says first that they want to sign in: the provider may not ask.
    """
    if request.headers.get("sec-fetch-site") in ELSEWHERE:
        return login_page(request, context.login, next)
    try:
        login, openid = _openid(request, context)
        address, attempt = await openid.begin(_redirect_uri(request, login), own_path(next))
    except Fact as fact:
        return login_page(request, context.login, next, str(fact), status_of(fact))
    answer = RedirectResponse(address, 303)
    # Lax: the way back from the provider begins at another site.
    kept = {"httponly": True, "samesite": "lax", "secure": login.is_encrypted}
    answer.set_cookie(_attempt_cookie(login), attempt.to_cookie(), max_age=ATTEMPT_SECONDS, path="/", **kept)
    return answer


@router.get(CALLBACK)
async def come_back(request: Request, context: InContext) -> Response:
    """Begin the session of whoever the provider names.

    The answer is a page that goes on by itself: a browser that comes from another site would not send the new cookie on
    a redirect.
    """
    attempt = None
    try:
        login, openid = _openid(request, context)
        attempt = Attempt.of_cookie(request.cookies.get(_attempt_cookie(login)))
        claims = await openid.claims(_redirect_uri(request, login), attempt, request.query_params)
        begun = await run_in_threadpool(_begin, context, login, openid.provider, claims)
    except Fact as fact:
        answer: Response = login_page(
            request, context.login, attempt.next if attempt else "/", str(fact), status_of(fact)
        )
    else:
        answer = templates.TemplateResponse(request, "signed_in.html", {"next": own_path(attempt.next)})
        request.state.person = begun.session.person  # from now on; the audit trail tells who it was
        set_cookie(answer, login, begun.token)
    if context.login is not None:
        answer.delete_cookie(_attempt_cookie(context.login), path="/", secure=context.login.is_encrypted, httponly=True)
    return answer


def _begin(context: Context, login: Login, provider: Provider, claims: dict) -> sessions.Begun:
    person = person_of_claims(context.database, provider, claims).person
    return sessions.begin(context.database, login, person.person_id)


def _openid(request: Request, context: Context) -> tuple[Login, OpenId]:
    """Raises NoLogin."""
    login = context.login
    if login is None or login.provider is None:
        raise NoLogin("the settings name no provider to sign in at")
    state = request.app.state
    if getattr(state, "openid", None) is None:
        state.openid = OpenId(login.provider)
    return login, state.openid


def _redirect_uri(request: Request, login: Login) -> str:
    """Where the provider sends the browser back to: what is registered there."""
    return (login.public_address or str(request.base_url).rstrip("/")) + CALLBACK


def _attempt_cookie(login: Login) -> str:
    return "__Host-scarmass-login" if login.is_encrypted else "scarmass-login"
