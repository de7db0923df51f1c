"""Who did what is recorded, looked for, and held against what was recorded."""

from collections.abc import Sequence
from dataclasses import replace

from scarmass.domain.audit import Broken, Delivered, Event, Head, Named, Recorded, Sought, Subject, first_broken
from scarmass.services.audit_folding import Folding
from scarmass.services.context import Context
from scarmass.services.remembered import Remembered
from scarmass.storage import audit
from scarmass.storage.database import Database
from scarmass.storage.subjects import subjects_of

REMEMBERED_SUBJECTS = 65_536
NAMES_STAY = frozenset({Named.STACK, Named.READING, Named.INSTANCE})
"""Whose data these are does not change while they are there."""


def record(context: Context, *events: Event) -> None:
    """Add events; they are durable when this returns.

    What is recorded together with what it tells of is appended in that one's transaction, as its last step
    (storage/audit.py). Raises DatabaseUnavailable, StorageFull.
    """
    with context.database.transaction() as session:
        audit.append(session, events)


def page_of_events(context: Context, sought: Sought, limit: int, before: int | None) -> list[Recorded]:
    """Those that are sought, the newest first."""
    with context.database.transaction() as session:
        return audit.page(session, sought, limit, before)


def delivered(context: Context, receiver: str) -> Delivered:
    """How far a receiver has the trail."""
    with context.database.transaction() as session:
        return audit.delivered(session, receiver)


def verify(database: Database, kept: Head | None = None) -> Broken | Head:
    """Walk the whole chain; answers the first row at which it does not hold, or the last one where it does."""
    with database.transaction() as session:
        return first_broken(audit.every_row(session), kept)


class Trail:
    """Records what requests are about, in their order: for one thread. is_recorded may be asked from any."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folding = Folding()
        self._subjects: Remembered[tuple[Named, str], Subject] = Remembered(REMEMBERED_SUBJECTS)

    def forget(self) -> None:
        """Drop whose data were looked at lately: it is of whoever was deleted too."""
        self._subjects.forget()
        self._folding.forget()

    def is_recorded(self, event: Event, named: Named | None, keys: Sequence[str]) -> bool:
        """Was the same recorded lately? Only where that is known without the database."""
        if named is None or not keys:
            return self._folding.is_known(event)
        known = [self._subjects.get((named, key)) for key in keys]
        return all(one is not None and self._folding.is_known(replace(event, subject=one)) for one in known)

    def record(self, event: Event, named: Named | None, keys: Sequence[str], is_folded: bool) -> None:
        """Add an event of every patient and study that the keys name; where they name none, one of nobody.

        is_folded: not where the same was recorded lately. Raises DatabaseUnavailable, StorageFull.
        """
        subjects = self._subjects_of(named, keys)
        events = [replace(event, subject=subject) for subject in subjects] or [event]
        if is_folded:
            events = [one for one in events if not self._folding.is_known(one)]
        if events:
            record(self._context, *events)
        for one in events if is_folded else ():
            self._folding.note(one)

    def _subjects_of(self, named: Named | None, keys: Sequence[str]) -> Sequence[Subject]:
        if named is None or not keys:
            return ()
        known = self._subjects.get((named, keys[0])) if len(keys) == 1 else None
        if known is not None:
            return (known,)
        with self._context.database.transaction() as session:
            subjects = subjects_of(session, named, keys)
        if len(keys) == 1 and len(subjects) == 1 and named in NAMES_STAY:
            self._subjects.put((named, keys[0]), subjects[0])
        return subjects
