"""What stands between the network and every route: bounded bodies, same-origin writes, strict response headers."""

from starlette.datastructures import Headers, MutableHeaders
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


class BodyTooLarge(Exception):
    """The client sent more than the route takes."""


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
        too_large = problem(413, "BodyTooLarge", "Body too large", f"a body of at most {limit} bytes is taken")
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit:
            await too_large(scope, receive, send)
            return
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                out = MutableHeaders(scope=message)
                for name, value in RESPONSE_HEADERS.items():
                    out.setdefault(name, value)
                if not scope["path"].startswith(("/static", "/api/v1/slices")):
                    out.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self.app(scope, _counted(receive, limit), guarded_send)
        except BodyTooLarge:
            if not started:
                await too_large(scope, receive, guarded_send)


def _counted(receive: Receive, limit: int) -> Receive:
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyTooLarge
        return message

    return counted
