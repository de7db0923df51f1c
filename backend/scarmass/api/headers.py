"""Headers that every answer carries, whichever part of the application gave it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RESPONSE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HTTPS_ALONE = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


class StrictHeaders:
    """ASGI middleware, outermost of all. What says nothing of caches is kept by none.

    is_encrypted: whether browsers come over https; from then on they come no other way.
    """

    def __init__(self, app: ASGIApp, is_encrypted: bool = False) -> None:
        self.app = app
        self.headers = RESPONSE_HEADERS | (HTTPS_ALONE if is_encrypted else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def strict_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    out.setdefault(name, value)
                out.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, strict_send)
