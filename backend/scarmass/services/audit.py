"""Who did what is recorded, looked for, and held against what was recorded."""

from collections.abc import Sequence
from dataclasses import replace

from scarmass.domain.audit import Broken, Event, Head, Recorded, Sought, first_broken
from scarmass.services.context import Context
from scarmass.storage import audit
from scarmass.storage.database import Database
from scarmass.storage.subjects import Named, subjects_of


def record(context: Context, *events: Event) -> None:
    """Add events; they are durable when this returns.

    What is recorded together with what it tells of is appended in that one's transaction, as its last step
    (storage/audit.py). Raises DatabaseUnavailable, StorageFull.
    """
    with context.database.transaction() as session:
        audit.append(session, events)


def record_of(context: Context, event: Event, named: Named, keys: Sequence[str]) -> None:
    """Add an event of every patient and study that the keys name; where they name none, one of nobody."""
    with context.database.transaction() as session:
        subjects = subjects_of(session, named, keys)
        audit.append(session, [replace(event, subject=subject) for subject in subjects] or [event])


def page_of_events(context: Context, sought: Sought, limit: int, before: int | None) -> list[Recorded]:
    """Those that are sought, the newest first."""
    with context.database.transaction() as session:
        return audit.page(session, sought, limit, before)


def verify(database: Database, kept: Head | None = None) -> Broken | Head:
    """Walk the whole chain; answers the first row at which it does not hold, or the last one where it does."""
    with database.transaction() as session:
        return first_broken(audit.every_row(session), kept)
