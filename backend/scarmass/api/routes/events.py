"""A reading as it changes: server-sent events that go on where a lost connection broke off."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from scarmass.api.dependencies import InContext
from scarmass.api.schemas.readings import ReadingChange
from scarmass.api.schemas.studies import Stack
from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.context import Context
from scarmass.services.readings.follow import BEFORE_ALL, EventId, changes, latest_event, reading_since
from scarmass.services.stacks import get_stack

router = APIRouter(prefix="/api/v1", tags=["readings"])

EVENT_THREADS = ThreadPoolExecutor(2, thread_name_prefix="events")
"""However many streams are woken at once, other requests find the thread pool and the processor free."""


def _seen(
    reading_id: uuid.UUID,
    context: InContext,
    after: Annotated[str | None, Query(max_length=64)] = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> EventId:
    """Where to go on. A reading that is not there, or an id that is none, is refused before the stream begins."""
    latest_event(context, reading_id)
    event_id = last_event_id or after
    return EventId.parsed(event_id) if event_id else BEFORE_ALL


@router.get("/readings/{reading_id}/events", response_class=EventSourceResponse)
async def follow_reading(
    reading_id: uuid.UUID, context: InContext, seen: Annotated[EventId, Depends(_seen)]
) -> AsyncIterator[ServerSentEvent]:
    """`change` events: the slices that changed, with totals. `stack` events: the stack, where a reader or an import
    changed it. An event's id, given back as Last-Event-ID or `after`, goes on from there; without one everything
    comes."""
    loop = asyncio.get_running_loop()
    with changes(context, reading_id) as changed:
        while not context.is_stopping:
            changed.clear()
            try:
                found = await loop.run_in_executor(EVENT_THREADS, _change, context, reading_id, seen)
            except DatabaseUnavailable:
                return  # the page connects again, and goes on from the last event
            if found is not None:
                seen, change, stack = found
                if stack is not None:
                    yield ServerSentEvent(event="stack", data=stack)
                yield ServerSentEvent(event="change", id=str(seen), data=change)
            await changed.wait()


def _change(
    context: Context, reading_id: uuid.UUID, seen: EventId
) -> tuple[EventId, ReadingChange, Stack | None] | None:
    """The id that the change leads to, the change, and the stack where it changed too; None where nothing did."""
    if latest_event(context, reading_id) == seen:
        return None
    followed = reading_since(context, reading_id, seen)
    change = ReadingChange.made_from(context, followed.reading)
    if not followed.has_other_stack:
        return followed.event_id, change, None
    stack = get_stack(context, followed.reading.reading.stack_id)
    return followed.event_id, change, Stack.of(stack, context.mass_extent, context.density_g_per_ml)
