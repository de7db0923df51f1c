"""Where a request comes from: through a proxy that the settings name, and from a page of this origin or another."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PORTS = {"http": 80, "https": 443}
FORWARDED_HOST = b"x-forwarded-host"
ELSEWHERE = ("cross-site", "same-site")
"""Sec-Fetch-Site of what another site's page asked for, or sent the browser to."""


class Forwarded:
    """ASGI middleware: client, scheme and Host as proxies forward them that stand at trusted addresses or networks."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        self._with_client_and_scheme = ProxyHeadersMiddleware(app, list(trusted))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is not None and client[0] in self._with_client_and_scheme.trusted_hosts:
            said = [value for name, value in scope["headers"] if name == FORWARDED_HOST]
            if said:
                # The nearest proxy's word is the last one: what stands before it may come from anybody.
                host = said[-1].rpartition(b",")[2].strip()
                others = [pair for pair in scope["headers"] if pair[0] != b"host"]
                scope = {**scope, "headers": [(b"host", host), *others]}
        await self._with_client_and_scheme(scope, receive, send)  # type: ignore[arg-type]


def why_foreign(scope: Scope) -> str | None:
    """Why a request may not write: a page of another origin made it, or a browser that does not say of which.

    None where it may: a page of this origin made it, or a program that is no browser. Over plain HTTP a browser says
    Origin alone, so that is what counts.
    """
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site") in ELSEWHERE:
        return "another site may not write here"
    origins = headers.getlist("origin")
    if not origins:
        is_browser = any(name.startswith("sec-fetch-") or name == "cookie" for name in headers)
        return "a browser that writes has to say its Origin" if is_browser else None
    here = f"{scope['scheme']}://{headers.get('host', '')}"
    if all(_site(origin) == _site(here) is not None for origin in origins):
        return None
    return (
        "a page of another origin may not write here; where this one was asked through a proxy, the proxy has to be "
        "named in trusted_proxies, and to forward scheme and Host"
    )


def _site(origin: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None of what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
