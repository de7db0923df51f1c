"""Who is not known sees nothing: a request's cookie or token becomes its person, or it goes no further."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from scarmass.api.asking import cookie_name, find_asking
from scarmass.api.errors import fact_answer
from scarmass.api.routes.pages import is_page
from scarmass.api.static_files import STATIC
from scarmass.domain.errors import Fact, NotSignedIn, ReaderClaimed
from scarmass.domain.login import Login
from scarmass.services.context import Context

SESSION_PATH = "/api/v1/session"
PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/login/provider", "/login/callback", SESSION_PATH})
PUBLIC_BELOW = f"{STATIC}/"
"""Nothing of these says anything of a patient; who has no session yet must reach them."""


class SignIn:
    """ASGI middleware, inside of the Guard. It puts `person` and `asking` into the request's state.

    Without a login it does nothing: everybody is anybody. With one, what is not public is for those who are known:
    programs hear 401, browsers that ask for a page are sent to /login. A page says by X-Person whom it was made for,
    and asks for nobody else: what one person did is not stored as another's who has signed in beside it.
    """

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app = app
        self.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        login = None if scope["type"] != "http" else self.context.login
        if login is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            refusal = await self._refusal(request, login)
        except Fact as fact:
            refusal = fact_answer(fact)
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, request: Request, login: Login) -> Response | None:
        """Why the request goes no further; None where it does, with its person in its state. Raises a Fact."""
        scope = request.scope
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        if path.startswith(PUBLIC_BELOW):
            return None
        cookie = request.cookies.get(cookie_name(login))
        is_use = path != SESSION_PATH  # a page that looks when its session ends does not put that off
        asking = await run_in_threadpool(find_asking, self.context, login, request.headers, cookie, is_use)
        if asking is not None:
            scope["state"] = {**scope.get("state", {}), "person": asking.person, "asking": asking}
        if path in PUBLIC:
            return None
        if asking is None:
            if request.method == "GET" and is_page(request):
                asked = quote(path) + (f"?{query}" if query else "")
                ended = "" if cookie is None else "&ended=true"
                return RedirectResponse(f"/login?next={quote(asked, safe='')}{ended}", 303)
            answer = fact_answer(NotSignedIn("sign in, or show a token, to see this"))
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if request.headers.get("x-person", str(asking.person.person_id)) != str(asking.person.person_id):
            raise NotSignedIn("somebody else has signed in in this browser since")
        if "x-reader" in request.headers:
            raise ReaderClaimed("the reader's name comes from the login: send no X-Reader")
        return None
