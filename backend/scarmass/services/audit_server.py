"""The server's start and stop in the audit trail, and what was set otherwise than at the start before."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from scarmass.domain.audit import Action, Event, Sought
from scarmass.domain.errors import Fact
from scarmass.storage import audit
from scarmass.storage.database import Database

log = logging.getLogger(__name__)

SETTINGS = "settings"
DIGITS = 8
"""Of a setting's hash: enough to see that it changed, and too few to find out what it is."""


@contextmanager
def recorded_run(database: Database, settings: Mapping[str, object], **about: str) -> Iterator[None]:
    """The start is recorded before the block, its stop after it; a start without a stop before it was cut off.

    settings: what JSON can say of each, by name; hashes of it are kept.
    """
    digests = {name: _digest(value) for name, value in sorted(settings.items())}
    with database.transaction() as session:
        before = audit.page(session, Sought(actions=(Action.START,)), 1, None)
        changed = _changed(json.loads(before[0].event.about[SETTINGS]), digests) if before else []
        events = [Event(Action.START, about={**about, SETTINGS: json.dumps(digests)})]
        if changed:
            events.append(Event(Action.SETTINGS, about={"changed": ", ".join(changed)}))
        audit.append(session, events)
    try:
        yield
    finally:
        try:
            with database.transaction() as session:
                audit.append(session, [Event(Action.STOP)])
        except Fact as fact:
            log.warning("the stop is not recorded: %s", fact)


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:DIGITS]
