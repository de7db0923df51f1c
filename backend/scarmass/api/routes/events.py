"""A reading as it changes: server-sent events that go on where a lost connection broke off."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from scarmass.api.dependencies import InContext
from scarmass.api.schemas.readings import ReadingChange
from scarmass.api.schemas.studies import Stack
from scarmass.services.context import Context
from scarmass.services.readings.follow import BEFORE_ALL, EventId, latest_event, reading_since
from scarmass.services.stacks import get_stack

router = APIRouter(prefix="/api/v1", tags=["readings"])

ASKED_EVERY_S = 0.25
"""PostgreSQL is asked for a reading's latest event so often: also edits of another server process are seen."""


def _seen(
    reading_id: uuid.UUID,
    context: InContext,
    after: Annotated[str | None, Query(max_length=64)] = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> EventId:
    """Where to go on. A reading that is not there, or an id that is none, is refused before the stream begins."""
    latest_event(context, reading_id)
    told = last_event_id or after
    return EventId.parsed(told) if told else BEFORE_ALL


@router.get("/readings/{reading_id}/events", response_class=EventSourceResponse)
async def follow_reading(
    reading_id: uuid.UUID, request: Request, context: InContext, seen: Annotated[EventId, Depends(_seen)]
) -> AsyncIterator[ServerSentEvent]:
    """`change` events: the slices that changed, with totals. `stack` events: the stack, where a reader or an import
    changed it. An event's id, given back as Last-Event-ID or `after`, goes on from there; without one everything
    comes."""
    while not await request.is_disconnected():
        if await run_in_threadpool(latest_event, context, reading_id) != seen:
            seen, change, stack = await run_in_threadpool(_change, context, reading_id, seen)
            if stack is not None:
                yield ServerSentEvent(event="stack", data=stack)
            yield ServerSentEvent(event="change", id=str(seen), data=change)
        await asyncio.sleep(ASKED_EVERY_S)


def _change(context: Context, reading_id: uuid.UUID, seen: EventId) -> tuple[EventId, ReadingChange, Stack | None]:
    """The id that the change leads to, the change, and the stack where it changed too."""
    followed = reading_since(context, reading_id, seen)
    change = ReadingChange.made_from(context, followed.reading)
    if not followed.has_other_stack:
        return followed.event_id, change, None
    stack = get_stack(context, followed.reading.reading.stack_id)
    return followed.event_id, change, Stack.of(stack, context.mass_extent, context.density_g_per_ml)
