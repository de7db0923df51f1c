"""What stands between the network and every route: writes of this origin alone, bodies bounded in size and time."""

import asyncio
import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scarmass.api.bounds import BodyBounds
from scarmass.api.errors import problem
from scarmass.api.origin import why_foreign
from scarmass.domain.errors import CalledOff

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOADS = re.compile(r"/api/v1/studies|/dicomweb/studies(/[^/]*)?")
"""Paths that take files by POST."""


class BodyTooLarge(HTTPException):
    """The client sent more than the route takes. An HTTPException, since FastAPI makes any other a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"a body of at most {limit} bytes is taken")


class BodyTooSlow(HTTPException):
    """The client left its body half sent."""

    def __init__(self) -> None:
        super().__init__(408, "the body did not come in time", {"Connection": "close"})


class Guard:
    """ASGI middleware. The route of uploads takes large bodies, every other route small ones, whatever their type.

    A request that is called off, or that the server breaks off as it ends, is told so.
    """

    def __init__(self, app: ASGIApp, bounds: BodyBounds) -> None:
        self.app = app
        self.bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] not in SAFE_METHODS and (reason := why_foreign(scope)) is not None:
            await problem(403, "CrossOrigin", "Cross origin", reason)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        if scope["method"] in SAFE_METHODS and (declared != "0" or "transfer-encoding" in headers):
            await problem(400, "Http", "Unexpected body", "what only reads has no body")(scope, receive, send)
            return
        is_upload = scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"])
        limit = self.bounds.upload_bytes if is_upload else self.bounds.json_bytes
        if not declared.isdecimal() or int(declared) > limit:
            refusal = problem(413, "Http", "Body too large", BodyTooLarge(limit).detail)
            await refusal(scope, receive, send)
            return
        is_begun = False

        async def noted_send(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self.app(scope, _bounded(receive, limit, self.bounds), noted_send)
        except (CalledOff, asyncio.CancelledError) as why:
            if not is_begun:
                detail = str(why) if isinstance(why, CalledOff) else "the server ends: ask again when it is back"
                await problem(503, "CalledOff", "Called off", detail)(scope, receive, send)


def _bounded(receive: Receive, limit: int, bounds: BodyBounds) -> Receive:
    loop = asyncio.get_running_loop()
    started, received, is_whole = loop.time(), 0, False

    async def bounded() -> Message:
        nonlocal received, is_whole
        if is_whole:  # what comes now is news of the client's leaving, whenever that is
            return await receive()
        idle = bounds.idle_seconds
        latest = started + 2 * idle + received / bounds.bytes_per_second
        try:
            async with asyncio.timeout_at(min(latest, loop.time() + idle)):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow from None
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if received > limit:
            raise BodyTooLarge(limit)
        return message

    return bounded
