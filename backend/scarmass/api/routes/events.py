"""A reading as it changes: server-sent events that go on where a lost connection broke off."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from scarmass.api import answers
from scarmass.api.dependencies import InContext
from scarmass.api.schemas import readings as reading_schemas
from scarmass.services.context import Context
from scarmass.services.readings.follow import Stand, reading_since, stand

router = APIRouter(prefix="/api/v1", tags=["readings"])

ASKED_EVERY_S = 0.25
"""PostgreSQL is asked for a reading's stand so often: also edits of another server process are seen."""

NOTHING = Stand(0, 0, "none")


def _seen(
    reading_id: uuid.UUID,
    context: InContext,
    after: Annotated[str | None, Query(max_length=64)] = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> Stand:
    """Where to go on. A reading that is not there, or an id that is none, is refused before the stream begins."""
    stand(context, reading_id)
    told = last_event_id or after
    return Stand.parsed(told) if told else NOTHING


@router.get("/readings/{reading_id}/events", response_class=EventSourceResponse)
async def follow_reading(
    reading_id: uuid.UUID, request: Request, context: InContext, seen: Annotated[Stand, Depends(_seen)]
) -> AsyncIterator[ServerSentEvent]:
    """`change` events: the slices that changed, with totals. An event's id, given back as Last-Event-ID or `after`,
    goes on from there; without one everything comes."""
    while not await request.is_disconnected():
        if await run_in_threadpool(stand, context, reading_id) != seen:
            seen, change = await run_in_threadpool(_change, context, reading_id, seen)
            yield ServerSentEvent(event="change", id=str(seen), data=change)
        await asyncio.sleep(ASKED_EVERY_S)


def _change(context: Context, reading_id: uuid.UUID, seen: Stand) -> tuple[Stand, reading_schemas.ReadingChange]:
    """The stand that the change leads to, and the change."""
    reading = reading_since(context, reading_id, seen)
    return Stand(len(reading.proposed), reading.revision, reading.state), answers.change(context, reading)
