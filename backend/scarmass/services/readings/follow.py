"""Following a reading: being woken when it changes, and what changed since an event that somebody knows."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from scarmass.domain.errors import EventIdInvalid
from scarmass.domain.reading import ReadingState
from scarmass.services.context import Context
from scarmass.services.readings.load import MeasuredReading, measured
from scarmass.storage import readings, stacks, steps


@dataclass(frozen=True)
class EventId:
    """How many proposals and edits a reading has, its state, and how often its stack and its delivery changed: equal
    ids are equal readings, as rows are only added."""

    proposals: int
    edits: int
    state: str
    stack: int
    delivery: int = 0

    def __str__(self) -> str:
        return f"{self.proposals}.{self.edits}.{self.state}.{self.stack}.{self.delivery}"

    @staticmethod
    def parsed(text: str) -> "EventId":
        """The id of its text; a page of an older version names neither stack nor delivery. Raises EventIdInvalid."""
        parts = text.split(".")
        is_whole = 3 <= len(parts) <= 5 and len(text) < 64
        proposals, edits, state, stack, delivery = [*parts, "0", "0"][:5] if is_whole else [""] * 5
        are_numbers = all(part.isdecimal() for part in (proposals, edits, stack, delivery))
        if not are_numbers or not state.isalpha():
            raise EventIdInvalid("an event's id is two numbers, a state and two numbers")
        return EventId(int(proposals), int(edits), state, int(stack), int(delivery))


BEFORE_ALL = EventId(0, 0, "none", 0)


@dataclass(frozen=True)
class Followed:
    """What came since an event. has_other_stack: whether what is said of the stack changed."""

    event_id: EventId
    reading: MeasuredReading
    has_other_stack: bool


@contextmanager
def changes(context: Context, reading_id: uuid.UUID, *also: str) -> Iterator[asyncio.Event]:
    """An event of the running loop, set whenever a change of the reading or its stack is committed.

    also: further keys that are notified where the one who follows wants to be woken.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    with context.notifications.subscribed(lambda: loop.call_soon_threadsafe(changed.set), str(reading_id), *also):
        yield changed


def latest_event(context: Context, reading_id: uuid.UUID) -> EventId:
    """Without the cost of the reading itself. Raises ReadingNotFound."""
    with context.database.moment() as session:
        return EventId(*readings.latest(session, reading_id))


def reading_since(context: Context, reading_id: uuid.UUID, since: EventId) -> Followed:
    """The reading as it is now; its `changed` holds the slices touched since then. Raises ReadingNotFound."""
    with context.database.moment() as session:
        reading = readings.get_reading(session, reading_id, seen=steps.Seen(since.proposals, since.edits))
        stack = stacks.stack_revision(session, reading.stack_id)
        delivery = 0 if reading.record.delivery is None else reading.record.delivery.changes
        if since.state == ReadingState.PREPARING and reading.state is not ReadingState.PREPARING:
            reading = replace(reading, changed=frozenset(reading.keys))  # contours came to all of them
        event_id = EventId(len(reading.proposed), reading.revision, reading.state.value, stack, delivery)
        return Followed(event_id, measured(context, session, reading), stack != since.stack and since != BEFORE_ALL)
