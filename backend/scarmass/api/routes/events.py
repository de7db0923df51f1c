"""A reading as it changes: server-sent events that go on where a lost connection broke off."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from math import inf, isinf
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from scarmass.api.asking import Asking, asking_of, seconds_left
from scarmass.api.dependencies import CanView, InContext
from scarmass.api.schemas.readings import ReadingChange
from scarmass.api.schemas.stacks import Stack
from scarmass.domain.errors import DatabaseUnavailable, ReadingNotFound
from scarmass.services.context import Context
from scarmass.services.readings.follow import BEFORE_ALL, EventId, changes, latest_event, reading_since
from scarmass.services.stacks import get_stack
from scarmass.storage.people import sessions_key

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
    reading_id: uuid.UUID,
    person: CanView,
    request: Request,
    context: InContext,
    seen: Annotated[EventId, Depends(_seen)],
) -> AsyncIterator[ServerSentEvent]:
    """`change` events: the slices that changed, with totals. `stack` events: the stack, where a reader or an import
    changed it. An event's id, given back as Last-Event-ID or `after`, goes on from there; without one everything
    comes. The stream ends with the session."""
    loop, asking = asyncio.get_running_loop(), asking_of(request)
    with changes(context, reading_id, sessions_key(person.person_id)) as changed:
        while not context.is_stopping:
            changed.clear()
            try:
                left_s = await loop.run_in_executor(EVENT_THREADS, _seconds_left, context, asking)
                if left_s <= 0:
                    return
                found = await loop.run_in_executor(EVENT_THREADS, _change, context, reading_id, seen)
            except (DatabaseUnavailable, ReadingNotFound):
                return  # the page connects again, and goes on from the last event or hears that nothing is there
            if found is not None:
                seen, change, stack = found
                if stack is not None:
                    yield ServerSentEvent(event="stack", data=stack)
                yield ServerSentEvent(event="change", id=str(seen), data=change)
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), None if isinf(left_s) else left_s)


def _seconds_left(context: Context, asking: Asking | None) -> float:
    if context.login is None or asking is None:
        return inf
    return seconds_left(context, context.login, asking) or 0


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
