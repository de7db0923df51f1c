"""Who asks: what a request's cookie or token stands for, and the cookie itself."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from scarmass.domain.access import Person
from scarmass.domain.accounts import Session
from scarmass.domain.login import Login
from scarmass.services.access import sessions, tokens
from scarmass.services.context import Context

LOOKED_AT_EVERY_S = 60.0
MARGIN_S = 0.05
"""Beyond a session's end, so that it is over when it is looked at."""


@dataclass(frozen=True)
class Asking:
    """Who asks, and by what: the token of a cookie, which stands for a session, or that of a service."""

    person: Person
    token: str
    session: Session | None = None

    def ends_at(self, login: Login) -> tuple[datetime, datetime] | None:
        """When the session ends at the latest, and when it ends if nothing is asked until then."""
        if self.session is None:
            return None
        return self.session.created_at + login.longest, self.session.seen_at + login.idle


def asking_of(request: Request) -> Asking | None:
    """None where nobody signed in."""
    return getattr(request.state, "asking", None)


def person_of(request: Request) -> Person | None:
    """None where nobody signed in, or nobody has to."""
    return getattr(request.state, "person", None)


def find_asking(
    context: Context, login: Login, headers: Headers, cookie: str | None, is_use: bool = True
) -> Asking | None:
    """Whoever a request's token or cookie stands for now; a token that is shown counts before a cookie."""
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        service = tokens.service_of(context.database, shown.strip())
        return None if service is None else Asking(service, shown.strip())
    if cookie is None:
        return None
    session = sessions.find(context.database, login, cookie, is_use)
    return None if session is None else Asking(session.person, cookie, session)


def seconds_left(context: Context, login: Login, asking: Asking) -> float | None:
    """How long whoever asked may stay, as far as is known now; None where they may not any more."""
    if asking.session is None:
        return LOOKED_AT_EVERY_S if tokens.service_of(context.database, asking.token) else None
    session = sessions.find(context.database, login, asking.token, is_use=False)
    if session is None:
        return None
    ends = min(session.created_at + login.longest, session.seen_at + login.idle)
    return max((ends - datetime.now(UTC)).total_seconds(), 0) + MARGIN_S


def cookie_name(login: Login) -> str:
    """With the prefix a browser takes the cookie over https from this host alone, and sends it nowhere else."""
    return "__Host-scarmass" if login.is_encrypted else "scarmass"


def set_cookie(response: Response, login: Login, token: str) -> None:
    kept = {"httponly": True, "samesite": "strict", "secure": login.is_encrypted}
    response.set_cookie(cookie_name(login), token, path="/", **kept)


def delete_cookie(response: Response, login: Login) -> None:
    kept = {"httponly": True, "samesite": "strict", "secure": login.is_encrypted}
    response.delete_cookie(cookie_name(login), path="/", **kept)


def own_path(next: str) -> str:
    """Where to go on after a sign-in: a path of this server, or its first page where it is anything else.

    A browser takes "//host", "/\\host" and what tabs and newlines hide for another server's address.
    """
    is_ours = re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", next) is not None and not next.startswith("/login")
    return next if is_ours else "/"
