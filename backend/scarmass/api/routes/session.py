"""Signing in with a password, and out."""

from fastapi import APIRouter, Request, Response

from scarmass.api.asking import Asking, asking_of, delete_cookie, set_cookie
from scarmass.api.dependencies import InContext, SignedIn
from scarmass.api.schemas.access import PasswordChange, Session, SignInRequest
from scarmass.domain.errors import NoLogin, PasswordNotOurs
from scarmass.domain.login import Login
from scarmass.services.access import accounts, sessions
from scarmass.services.context import Context

router = APIRouter(prefix="/api/v1", tags=["access"])


@router.post("/session")
def sign_in(body: SignInRequest, request: Request, response: Response, context: InContext) -> Session:
    """Sign in with a password. The session's token comes as a cookie, and a session that this browser had ends."""
    begun = sessions.sign_in(context.database, context.login, body.user_name, body.password.get_secret_value())
    return _answer(context, request, response, begun)


@router.get("/session")
def show_session(request: Request, context: InContext) -> Session:
    """Who is signed in, and until when. Asking does not make the session last longer."""
    return Session.of(context.login, asking_of(request))


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, context: InContext) -> None:
    """Sign out here. Where nobody is signed in nothing happens."""
    if context.login is not None:
        _end(context, request)
        _forget(response, context.login)


@router.delete("/sessions", status_code=204)
def sign_out_everywhere(person: SignedIn, response: Response, context: InContext) -> None:
    """Sign out of every browser."""
    login = required_login(context)
    sessions.end_all(context.database, person.person_id)
    _forget(response, login)


@router.put("/session/password")
def change_password(
    body: PasswordChange, person: SignedIn, request: Request, response: Response, context: InContext
) -> Session:
    """A new password of one's own. Every other session ends, and this one goes on under a new token."""
    login, asking = required_login(context), asking_of(request)
    if asking is None or asking.session is None:
        raise PasswordNotOurs("a service has no password")
    old, new = body.old.get_secret_value(), body.new.get_secret_value()
    accounts.change_own_password(context.database, person.person_id, old, new)
    return _answer(context, request, response, sessions.begin(context.database, login, person.person_id))


def required_login(context: Context) -> Login:
    """Raises NoLogin."""
    if context.login is None:
        raise NoLogin("nobody signs in here: the settings name no login")
    return context.login


def _answer(context: Context, request: Request, response: Response, begun: sessions.Begun) -> Session:
    login = required_login(context)
    _end(context, request)
    request.state.person = begun.session.person  # from now on; the audit trail tells who it was
    set_cookie(response, login, begun.token)
    return Session.of(login, Asking(begun.session.person, begun.token, begun.session))


def _forget(response: Response, login: Login) -> None:
    """Let the browser keep neither the cookie nor an image. Its storage stays: work that was not sent yet is there."""
    delete_cookie(response, login)
    response.headers["Clear-Site-Data"] = '"cache"'


def _end(context: Context, request: Request) -> None:
    asking = asking_of(request)
    if asking is not None and asking.session is not None:
        sessions.end(context.database, asking.token)
