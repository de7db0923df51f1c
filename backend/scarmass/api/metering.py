"""Every answer is counted, by the route that gave it."""

import re
from collections.abc import Iterable
from time import perf_counter

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scarmass.api.static_files import STATIC
from scarmass.services.metrics import Metrics

OTHER = "other"
"""Of what is no route: whatever is asked for, it is one label."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RouteNames:
    """The paths of routes as the code has them, by the paths that are asked for."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        paths = {one.path for one in iter_route_contexts(list(routes)) if one.path and one.path != STATIC}
        self._plain = {path for path in paths if "{" not in path}
        self._patterns: list[tuple[re.Pattern[str], str]] = [
            (compile_path(path)[0], path) for path in sorted(paths - self._plain)
        ]

    def of(self, path: str) -> str:
        if path in self._plain:
            return path
        if path.startswith(f"{STATIC}/"):
            return STATIC
        return next((name for pattern, name in self._patterns if pattern.match(path)), OTHER)


class Metering:
    """ASGI middleware, outermost of all: what is refused before it reaches a route is counted as well."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self._metrics = metrics
        self._names = RouteNames(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route = self._names.of(scope["path"])

        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.answered(method, route, message["status"], perf_counter() - began)
            await send(message)

        await self.app(scope, receive, counted_send)
