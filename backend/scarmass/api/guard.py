"""What stands between the network and every route: bounded bodies, same-origin writes, strict response headers."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scarmass.api.errors import problem

MAX_JSON_BYTES = 64 * 2**20
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RESPONSE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BodyTooLarge(HTTPException):
    """The client sent more than the route takes. An HTTPException, since FastAPI makes any other a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"a body of at most {limit} bytes is taken")


class Guard:
    """ASGI middleware. Uploads may have max_upload_bytes, every other body MAX_JSON_BYTES."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        self.app = app
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["method"] not in SAFE_METHODS and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            refusal = problem(403, "CrossOrigin", "Cross origin", "another site may not write here")
            await refusal(scope, receive, send)
            return
        is_upload = headers.get("content-type", "").startswith("multipart/form-data")
        limit = self.max_upload_bytes if is_upload else MAX_JSON_BYTES
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > limit:
            refusal = problem(413, "Http", "Body too large", BodyTooLarge(limit).detail)
            await refusal(scope, receive, send)
            return

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in RESPONSE_HEADERS.items():
                    out.setdefault(name, value)
                if not scope["path"].startswith(("/static", "/api/v1/slices")):
                    out.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, _counted(receive, limit), guarded_send)


def _counted(receive: Receive, limit: int) -> Receive:
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyTooLarge(limit)
        return message

    return counted
