"""Requests that cost much: each counts for whoever makes it, and what nobody waits for any more ends."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from scarmass.api.shares import Shares, What, address_of, person_of
from scarmass.services.precedence import Asker, asking


async def _asks_models(request: Request) -> AsyncIterator[Asker]:
    """Models work for the person, or the client, by turns with others. Raises TooManyRequests."""
    shares: Shares = request.app.state.shares
    asker = Asker(person_of(request.scope) or address_of(request.scope))
    with shares.at_once(request.scope, What.MODEL_WORK):
        asking.set(asker)
        yield asker


async def _ends_with_client(request: Request, asker: Annotated[Asker, Depends(_asks_models)]) -> AsyncIterator[None]:
    with watching(request, asker.gone):
        yield


async def _uploads(request: Request) -> AsyncIterator[None]:
    """Raises TooManyRequests."""
    shares: Shares = request.app.state.shares
    with shares.at_once(request.scope, What.UPLOADS):
        yield


def declared_bytes(request: Request) -> int:
    """Of the body; 0 where they are not known before they come."""
    return int(request.headers.get("content-length", "0"))


@contextmanager
def watching(request: Request, gone: threading.Event) -> Iterator[None]:
    """Set gone when the client leaves, or the block is left. The request's body has to be read already."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watch_task = asyncio.create_task(watch())
    try:
        yield
    finally:
        watch_task.cancel()
        gone.set()


AsksModels = Depends(_asks_models)
"""Of what is done to the end: an edit is stored whether its page waits or not."""

AsksModelsWhileWaiting = Depends(_ends_with_client)
"""Of what is done for its answer alone."""

Uploads = Depends(_uploads)
